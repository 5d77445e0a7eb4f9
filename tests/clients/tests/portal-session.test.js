// Does a person stay signed in as long as they want, through broken connections, and no longer?
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch } from '../harness/browser.js'
import { KiB, MiB, withFile } from '../harness/files.js'
import { choose, isSaid, itemOf, openPortal, signIn, watchParts } from '../harness/portal.js'

const ALICE = 'alice@acme.example'
const HOUR = 60 * 60 * 1000

let browser
before(async () => (browser = await launch()))
after(() => browser?.close())

const isSignedOut = (page) => page.getByRole('button', { name: 'Continue' }).waitFor()

test('signing out asks first while a file is on its way, and once', () =>
  withFile(33 * MiB, (file) =>
    openPortal(browser, async (page) => {
      await signIn(page, ALICE)
      await watchParts(page, () => true)
      await choose(page, file)
      await isSaid(page, file, /^0 bytes of/)
      const asked = []
      page.on('dialog', (dialog) => {
        asked.push(dialog.type())
        return dialog.accept()
      })
      const question = page.getByRole('dialog', { name: 'Leave while files are on their way?' })
      await page.getByRole('button', { name: 'Sign out' }).click()
      await question.getByRole('button', { name: 'Cancel' }).click()
      await question.waitFor({ state: 'detached' })
      await page.getByRole('button', { name: `Pause ${file.name}` }).waitFor()
      const revoked = page.waitForRequest((request) => request.url().endsWith('/oauth2/revoke'))
      await page.getByRole('button', { name: 'Sign out' }).click()
      await question.getByRole('button', { name: 'Leave' }).click()
      await revoked
      await isSignedOut(page)
      assert.deepEqual(asked, [], 'the browser does not ask again')
    })))

test('a session is renewed through an interruption, and what is under way goes on', () =>
  withFile(70 * KiB, (file) =>
    openPortal(browser, async (page) => {
      await page.clock.install()
      await signIn(page, ALICE)
      let tries = 0
      await page.route(/\/oauth2\/token$/, (route) => {
        tries++
        if (tries === 1) return route.abort('connectionreset')
        return tries === 2 ? route.fulfill({ status: 503, body: '' }) : route.continue()
      })
      await page.clock.fastForward(HOUR)
      await choose(page, file)
      await isSaid(page, file, 'Uploaded')
      assert.ok(tries >= 3, `${tries} tries`)
    })))

test('a session that has ended is said to have, and is not asked for again and again', () =>
  withFile(70 * KiB, (file) =>
    openPortal(browser, async (page) => {
      await page.clock.install()
      await signIn(page, ALICE)
      let tries = 0
      await page.route(/\/oauth2\/token$/, (route) => {
        tries++
        return route.fulfill({ status: 400, headers: { 'access-control-allow-origin': '*' }, json: { error: 'invalid_grant' } })
      })
      await page.route(/\/v1\/uploads$/, (route) => route.fulfill({ status: 401, json: { type: '/problems/invalid-token' } }))
      await page.clock.fastForward(HOUR)
      await choose(page, file)
      await isSaid(page, file, 'Your sign-in has ended.')
      const refusal = page.waitForResponse((answer) => answer.status() === 401)
      await page.getByRole('button', { name: `Try again ${file.name}` }).click()
      await refusal
      await isSaid(page, file, 'Your sign-in has ended.')
      assert.equal(tries, 1)
      assert.equal(await itemOf(page, file).count(), 1, 'the file stays in the list')
    })))

test('whoever cannot be let in for lack of a connection may try again', () =>
  openPortal(browser, async (page) => {
    let tries = 0
    await page.route('**/v1/me', (route) => (tries++ === 0 ? route.abort() : route.continue()))
    await signIn(page, ALICE)
    await page.getByText('The gateway cannot be reached.').waitFor()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'Upload', level: 1 }).waitFor()
  }))

test('Back does not show what somebody saw who signed out since', () =>
  openPortal(browser, async (page) => {
    // As the browser does when it brings a page out of its memory; a driven one has none.
    const bringBack = () => page.evaluate(() => {
      window.isBrought = true
      dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
    })
    await isSignedOut(page)
    await bringBack()
    await page.waitForFunction(() => !window.isBrought)
    await signIn(page, ALICE)
    await bringBack()
    await page.getByRole('heading', { name: 'Upload', level: 1 }).waitFor()
    assert.equal(await page.evaluate(() => window.isBrought), true, 'who is signed in stays so')
  }))
