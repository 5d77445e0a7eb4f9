// Does an upload of the portal survive a pause, a broken connection, a closed tab, and a change of mind?
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch } from '../harness/browser.js'
import { eventually } from '../harness/eventually.js'
import { KiB, MiB, withFile } from '../harness/files.js'
import { assertArrived } from '../harness/journeys.js'
import { uploadThatIs, uploadsNamed } from '../harness/ledger.js'
import { choose, goTo, isSaid, itemOf, openPortal, signIn, signInAgain, watchParts } from '../harness/portal.js'
import { call, signIn as tokenOf } from '../harness/sandbox.js'
import { kept } from '../harness/store.js'

const ALICE = 'alice@acme.example'
/** Three parts, of 16 MiB at most. */
const LARGE = 33 * MiB
const isHeld = (number) => number > 1
const [FIRST, ALL] = ['16.8 MB', '34.6 MB']

let browser, token
before(async () => {
  browser = await launch()
  token = await tokenOf(ALICE)
})
after(() => browser?.close())

const act = (page, name, file) => page.getByRole('button', { name: `${name} ${file.name}` }).click()

/** Signs in, and sends the first part alone. */
async function halfway(page, file, collection = '') {
  await signIn(page, ALICE)
  await page.getByLabel('Collection').fill(collection)
  const sent = await watchParts(page, isHeld)
  await choose(page, file)
  await eventually('that one part has arrived', async () => {
    const [upload] = await uploadsNamed(file.name)
    if (!upload) return undefined
    const { parts } = await call(token, 'GET', `/v1/uploads/${upload.id}/parts`)
    return parts.length === 1 || undefined
  })
  assert.deepEqual(sent, [1])
}

/** From here on, everything gets through. Returns the parts that are sent. */
async function unhindered(page) {
  await page.unroute(/partNumber=/)
  return watchParts(page)
}

test('what is paused goes on, and sends only what is missing', () =>
  withFile(LARGE, (file) =>
    openPortal(browser, async (page) => {
      await halfway(page, file)
      await act(page, 'Pause', file)
      await isSaid(page, file, `Paused · ${FIRST} of ${ALL}`)
      const sent = await unhindered(page)
      await act(page, 'Resume', file)
      await isSaid(page, file, 'Uploaded')
      assert.deepEqual(sent.sort(), [2, 3])
      await assertArrived(token, file)
    })))

test('after a closed tab the file is chosen again, and only what is missing is sent', () =>
  withFile(LARGE, (file) => withFile(1 * KiB, async (other) => {
    await openPortal(browser, (page) => halfway(page, file))
    await openPortal(browser, async (page) => {
      await signIn(page, ALICE)
      await isSaid(page, file, `${FIRST} of ${ALL} are there`)
      const sent = await watchParts(page)
      await page.getByLabel(`Choose the file ${file.name}`).setInputFiles(other.path)
      await isSaid(page, file, 'This is another file')
      assert.deepEqual(sent, [])
      await page.getByLabel(`Choose the file ${file.name}`).setInputFiles(file.path)
      await isSaid(page, file, 'Uploaded')
      assert.deepEqual(sent.sort(), [2, 3])
      await assertArrived(token, file)
      assert.deepEqual((await kept(file.name)).unfinished, [])
    })
  })))

test('an unfinished file that is chosen like any other goes on too', () =>
  withFile(LARGE, async (file) => {
    await openPortal(browser, (page) => halfway(page, file))
    await openPortal(browser, async (page) => {
      await signIn(page, ALICE)
      await isSaid(page, file, `${FIRST} of ${ALL} are there`)
      const sent = await watchParts(page)
      await choose(page, file)
      await isSaid(page, file, 'Uploaded')
      assert.deepEqual(sent.sort(), [2, 3])
      // And not a second upload of that name.
      await assertArrived(token, file)
    })
  }))

test('what is unfinished can be discarded, which leaves nothing', () =>
  withFile(LARGE, async (file) => {
    await openPortal(browser, (page) => halfway(page, file))
    await openPortal(browser, async (page) => {
      await signIn(page, ALICE)
      await act(page, 'Discard', file)
      await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
      await itemOf(page, file).waitFor({ state: 'detached' })
      await uploadThatIs('aborted', file.name)
      await eventually('that S3 keeps nothing', async () => (await kept(file.name)).unfinished.length === 0 || undefined)
    })
  }))

test('what was ended elsewhere begins anew, in the same collection', () =>
  withFile(LARGE, async (file) => {
    const collection = file.name.slice(0, 36)
    await openPortal(browser, (page) => halfway(page, file, collection))
    await openPortal(browser, async (page) => {
      await signIn(page, ALICE)
      await isSaid(page, file, `${FIRST} of ${ALL} are there`)
      const [old] = await uploadsNamed(file.name)
      await call(token, 'DELETE', `/v1/uploads/${old.id}`)
      await choose(page, file)
      await isSaid(page, file, 'This upload has ended already.')
      await act(page, 'Try again', file)
      await isSaid(page, file, 'Uploaded')
      const { items } = await call(token, 'GET', `/v1/uploads?collection=${collection}&status=completed`)
      assert.deepEqual(items.map(({ fileName }) => fileName), [file.name])
    })
  }))

test('what another tab has in hand is not called unfinished', () =>
  withFile(LARGE, (file) =>
    openPortal(browser, async (page) => {
      await halfway(page, file)
      const tab = await page.context().newPage()
      await tab.goto(page.url())
      await signInAgain(tab, ALICE)
      const listed = tab.waitForResponse((answer) => answer.url().includes('status=pending'))
      await goTo(tab, 'Files')
      await goTo(tab, 'Upload')
      await listed
      await tab.waitForLoadState('networkidle')
      assert.equal(await itemOf(tab, file).count(), 0)
      await tab.close()
      await act(page, 'Cancel', file)
      await isSaid(page, file, 'Cancelled')
    })))

test('what is cancelled is aborted, and leaves nothing', () =>
  withFile(LARGE, (file) =>
    openPortal(browser, async (page) => {
      await halfway(page, file)
      await act(page, 'Cancel', file)
      await isSaid(page, file, 'Cancelled')
      await uploadThatIs('aborted', file.name)
      await eventually('that S3 keeps nothing', async () => (await kept(file.name)).unfinished.length === 0 || undefined)
    })))

test('a part that fails, and one whose URL is too old, are sent again with a new URL', () =>
  withFile(LARGE, (file) =>
    openPortal(browser, async (page) => {
      await signIn(page, ALICE)
      const refused = []
      const cors = { 'access-control-allow-origin': '*', 'content-type': 'application/xml' }
      await page.route(/partNumber=/, (route) => {
        const url = route.request().url()
        const number = Number(new URL(url).searchParams.get('partNumber'))
        const failure = { 2: 503, 3: 403 }[number]
        if (route.request().method() !== 'PUT' || !failure || refused.some((earlier) => earlier.number === number)) return route.continue()
        refused.push({ number, url })
        return route.fulfill({ status: failure, headers: cors, body: '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>' })
      })
      const sent = []
      page.on('requestfinished', (request) => request.method() === 'PUT' && sent.push(request.url()))
      await choose(page, file)
      await isSaid(page, file, 'Uploaded')
      assert.deepEqual(refused.map(({ number }) => number).sort(), [2, 3])
      for (const { number } of refused) {
        assert.equal(sent.filter((url) => url.includes(`partNumber=${number}&`)).length, 2, `part ${number} is sent twice`)
      }
      await assertArrived(token, file)
    })))

test('without a connection it waits, and goes on by itself', () =>
  withFile(70 * KiB, (file) =>
    openPortal(browser, async (page) => {
      await signIn(page, ALICE)
      await page.context().setOffline(true)
      await choose(page, file)
      await isSaid(page, file, 'No connection.')
      await page.context().setOffline(false)
      await isSaid(page, file, 'Uploaded')
      await assertArrived(token, file)
    })))

test('a connection that stands still is given up, and the file sent again', () =>
  withFile(70 * KiB, (file) =>
    openPortal(browser, async (page) => {
      await page.clock.install()
      await signIn(page, ALICE)
      let tries = 0
      const stuck = new Promise((resolve) => page.route(/X-Amz-Signature/, (route) => {
        if (route.request().method() !== 'PUT' || tries++ > 0) return route.continue()
        return resolve()
      }))
      await choose(page, file)
      await stuck
      await page.clock.fastForward(59_000)
      assert.equal(tries, 1)
      await page.clock.fastForward(2_000)
      await isSaid(page, file, 'Uploaded')
      assert.equal(tries, 2)
      await assertArrived(token, file)
    })))

test('what waits for its turn is paused and cancelled at once', () =>
  withFile(LARGE, (one) => withFile(LARGE, (two) => withFile(1 * KiB, (small) =>
    openPortal(browser, async (page) => {
      await signIn(page, ALICE)
      let held = 0
      const full = new Promise((resolve) => page.route(/X-Amz-Signature/, (route) => {
        if (route.request().method() !== 'PUT') return route.continue()
        return ++held === 4 && resolve()
      }))
      await choose(page, one, two)
      await full
      await choose(page, small)
      await isSaid(page, small, '0 bytes of')
      await act(page, 'Pause', small)
      await isSaid(page, small, 'Paused')
      await act(page, 'Cancel', small)
      await isSaid(page, small, 'Cancelled')
      assert.equal(held, 4)
      for (const file of [one, two]) await act(page, 'Cancel', file)
      for (const file of [one, two]) await isSaid(page, file, 'Cancelled')
    })))))

test('all that failed is tried again at once', () =>
  withFile(1 * KiB, (one) => withFile(2 * KiB, (two) =>
    openPortal(browser, async (page) => {
      await signIn(page, ALICE)
      await page.route(/\/v1\/uploads$/, (route) => route.fulfill({ status: 403, json: { type: '/problems/quota-exceeded' } }))
      await choose(page, one, two)
      for (const file of [one, two]) await isSaid(page, file, 'used up its storage')
      await page.getByText('2 files failed.', { exact: true }).waitFor()
      await page.unroute(/\/v1\/uploads$/)
      await page.getByRole('button', { name: 'Try all again' }).click()
      for (const file of [one, two]) await isSaid(page, file, 'Uploaded')
      assert.equal(await page.getByRole('button', { name: 'Try all again' }).count(), 0)
    }))))

test('an answer that is lost makes no second upload', () =>
  withFile(70 * KiB, (file) =>
    openPortal(browser, async (page) => {
      await signIn(page, ALICE)
      let lost = 0
      await page.route(/\/v1\/uploads$/, async (route) => {
        if (route.request().method() !== 'POST' || lost > 0) return route.continue()
        lost++
        await route.fetch()
        return route.abort('connectionreset')
      })
      await choose(page, file)
      await isSaid(page, file, 'Uploaded')
      assert.equal(lost, 1)
      assert.equal((await uploadsNamed(file.name)).length, 1)
    })))

test('going to Files and back loses nothing, and leaving the page asks first', () =>
  withFile(LARGE, (file) =>
    openPortal(browser, async (page) => {
      await halfway(page, file)
      await goTo(page, 'Files')
      await goTo(page, 'Upload')
      await isSaid(page, file, `${FIRST} of ${ALL}`)
      const asked = page.waitForEvent('dialog')
      await page.close({ runBeforeUnload: true })
      const dialog = await asked
      assert.equal(dialog.type(), 'beforeunload')
      await dialog.dismiss()
      await unhindered(page)
      await act(page, 'Cancel', file)
      await isSaid(page, file, 'Cancelled')
    })))
