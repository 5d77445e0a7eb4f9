// Can a person find what is there? Page by page, everybody's for an admin, with pictures that outlive their URLs.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { launch } from '../harness/browser.js'
import { KiB, withFile } from '../harness/files.js'
import { uploadThatIs } from '../harness/ledger.js'
import { choose, goTo, isSaid, itemOf, openPortal, portal, signIn } from '../harness/portal.js'
import { call, signIn as tokenOf } from '../harness/sandbox.js'

const [ALICE, ADA] = ['alice@acme.example', 'ada@acme.example']
// One blue pixel.
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADAgH/p1bKbQAAAABJRU5ErkJggg==', 'base64')

let browser
before(async () => (browser = await launch()))
after(() => browser?.close())

/** Shows the uploads of a collection, whatever became of them. */
const show = (page, collection) => page.evaluate((hash) => { location.hash = hash }, `#/files?collection=${collection}&status=all`)

test('more than a page is shown piece by piece, and each once', () =>
  openPortal(browser, async (page) => {
    const [token, collection] = [await tokenOf(ALICE), randomUUID()]
    const uploads = Array.from({ length: 26 }, (_, n) => ({ fileName: `${n}.txt`, contentType: 'text/plain', size: 1, collection }))
    await call(token, 'POST', '/v1/uploads/batch', { uploads })
    await signIn(page, ALICE)
    await show(page, collection)
    await page.waitForFunction(() => document.querySelectorAll('.file').length === 24)
    await page.getByRole('button', { name: 'Show more' }).click()
    await page.waitForFunction(() => document.querySelectorAll('.file').length === 26)
    assert.equal(await page.getByRole('button', { name: 'Show more' }).count(), 0)
    const names = await page.locator('.file .name').allTextContents()
    assert.deepEqual(names.sort(), uploads.map(({ fileName }) => fileName).sort())
    assert.equal(await page.evaluate(() => [...document.querySelectorAll('.file')].indexOf(document.activeElement.closest('.file'))), 24, 'the focus goes on where the button was')

    await page.getByRole('button', { name: 'Cancel 25.txt' }).click()
    await page.getByRole('button', { name: 'Cancel the upload' }).click()
    await itemOf(page, { name: '25.txt' }).waitFor({ state: 'detached' })
    const { items } = await call(token, 'GET', `/v1/uploads?collection=${collection}&status=aborted`)
    assert.deepEqual(items.map(({ fileName }) => fileName), ['25.txt'])
  }))

test('an answer that comes late does not take the place of a later one', () =>
  withFile(1 * KiB, (file) =>
    openPortal(browser, async (page) => {
      await signIn(page, ALICE)
      await choose(page, file)
      await isSaid(page, file, 'Uploaded')
      await goTo(page, 'Files')
      await itemOf(page, file).waitFor()
      let late
      const held = new Promise((resolve) => page.route(/status=expired/, (route) => {
        late = route
        resolve()
      }))
      await page.getByLabel('Status').selectOption('Never arrived')
      await held
      const listed = page.waitForResponse((answer) => answer.url().includes('status=completed'))
      await page.getByLabel('Status').selectOption('Uploaded')
      await listed
      await itemOf(page, file).waitFor()
      await late.fulfill({ json: { items: [], nextCursor: null } }).catch(() => {})
      // What is asked for now is answered after the late one.
      await page.evaluate(() => fetch('settings.json').then((answer) => answer.text()))
      assert.equal(await itemOf(page, file).count(), 1)
    })))

test('a picture whose URL is too old is fetched once more, by a new one', () =>
  withFile(0, (file) =>
    openPortal(browser, async (page) => {
      await signIn(page, ALICE)
      await choose(page, file)
      await isSaid(page, file, 'Uploaded')
      const id = (await uploadThatIs('completed', file.name)).id
      let asked = 0
      await page.route((url) => url.pathname.endsWith(`${id}/${file.name}`), (route) =>
        asked++ === 0 ? route.fulfill({ status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }) : route.continue())
      const renewed = page.waitForResponse((answer) => answer.url().endsWith(`/v1/uploads/${id}/download`))
      await goTo(page, 'Files')
      await renewed
      await page.waitForFunction((name) =>
        [...document.querySelectorAll('.file')].some((card) => card.textContent.includes(name) && card.querySelector('img')?.naturalWidth === 1), file.name)
      assert.equal(asked, 2)
    }), { bytes: PICTURE, ending: '.png' }))

test('a file that cannot be deleted stays on the page, and the reason is said', () =>
  withFile(1 * KiB, (file) =>
    openPortal(browser, async (page) => {
      await signIn(page, ALICE)
      await choose(page, file)
      await isSaid(page, file, 'Uploaded')
      await goTo(page, 'Files')
      await page.route(/\/v1\/uploads\//, (route) => route.request().method() === 'DELETE' ? route.abort() : route.continue())
      await page.getByRole('button', { name: `Delete ${file.name}` }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
      await page.getByText('The gateway cannot be reached.').waitFor()
      assert.equal(await itemOf(page, file).count(), 1)
      await uploadThatIs('completed', file.name)
    })))

test('a tenant admin sees everybody’s files, and whose they are; a colleague sees their own', () =>
  withFile(1 * KiB, async (file) => {
    const { subject } = await call(await tokenOf(ALICE), 'GET', '/v1/me')
    await openPortal(browser, async (page) => {
      await signIn(page, ALICE)
      await choose(page, file)
      await isSaid(page, file, 'Uploaded')
      await goTo(page, 'Files')
      await itemOf(page, file).waitFor()
      assert.equal(await itemOf(page, file).getByText(/^By /).count(), 0)
    })
    await openPortal(browser, async (page) => {
      await signIn(page, ADA)
      await goTo(page, 'Files')
      await itemOf(page, file).getByText(`By ${subject.slice(0, 8)}`).waitFor()
      await page.getByRole('button', { name: `Details of ${file.name}` }).click()
      await page.getByRole('dialog').getByText(subject).waitFor()
    })
    await openPortal(browser, async (page) => {
      await signIn(page, 'bob@acme.example')
      const listed = page.waitForResponse((answer) => answer.url().includes('include=downloadUrl'))
      await page.goto(`${portal}#/files`)
      assert.ok((await (await listed).json()).items.every((upload) => upload.subject !== subject))
    })
  }))
