// Can a person upload with the portal? From signing in to signing out: choose, watch, look, download, delete.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { launch } from '../harness/browser.js'
import { KiB, MiB, sha256, withFile } from '../harness/files.js'
import { assertArrived } from '../harness/journeys.js'
import { uploadThatIs, uploadsNamed } from '../harness/ledger.js'
import { choose, goTo, isSaid, itemOf, openPortal, signIn } from '../harness/portal.js'
import { call, changeTenant, signIn as tokenOf } from '../harness/sandbox.js'

const ALICE = 'alice@acme.example'
const LIMIT = 31 * MiB
// One blue pixel.
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADAgH/p1bKbQAAAABJRU5ErkJggg==', 'base64')

let browser, token
before(async () => {
  browser = await launch()
  token = await tokenOf(ALICE)
})
after(() => browser?.close())

/** With that limit for the tenant, as long as `use` takes. */
async function limitedTo(maxUploadBytes, use) {
  const { limits } = await call(token, 'GET', '/v1/me')
  await changeTenant('acme', { limits: { ...limits, maxUploadBytes } })
  try {
    return await use()
  } finally {
    await changeTenant('acme', { limits })
  }
}

const withThree = (use) =>
  withFile(30 * MiB, (large) =>
    withFile(0, (picture) =>
      withFile(LIMIT + 1, (excessive) => use(large, picture, excessive)),
    { bytes: PICTURE, ending: '東京の写真.png' }))

test('a person uploads three files, sees them, downloads and deletes one, and signs out', () =>
  withThree((large, picture, excessive) =>
    limitedTo(LIMIT, () =>
      openPortal(browser, async (page) => {
        await signIn(page, ALICE)
        // So slow that progress can be seen.
        const devtools = await page.context().newCDPSession(page)
        await devtools.send('Network.enable')
        await devtools.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 15 * MiB })
        await page.evaluate(() => {
          window.progress = {}
          new MutationObserver((changes) => {
            for (const { target } of changes) (window.progress[target.getAttribute('aria-label')] ??= []).push(target.value)
          }).observe(document.getElementById('main'), { subtree: true, attributeFilter: ['value'] })
        })
        await choose(page, large, picture, excessive)
        await isSaid(page, large, 'Uploaded')
        await isSaid(page, picture, 'Uploaded')
        await isSaid(page, excessive, 'The size must be at most 32.5 MB, your organisation’s limit.')
        await page.getByText('2 of 2 files uploaded, 1 failed', { exact: true }).waitFor({ state: 'attached' })

        const progress = await page.evaluate(() => window.progress)
        for (const label of [`Progress of ${large.name}`, 'Progress of all files']) {
          const seen = progress[label]
          const between = new Set(seen.filter((value) => value > 0 && value < 1))
          assert.ok(between.size >= 5, `${label} is seen in ${between.size} places on its way`)
          assert.deepEqual(seen, [...seen].sort((one, other) => one - other), `${label} only grows`)
          assert.equal(seen.at(-1), 1)
        }
        await itemOf(page, large).getByText('Details').click()
        await isSaid(page, large, large.digest)
        await assertArrived(token, large)
        assert.deepEqual(await uploadsNamed(excessive.name), [])

        await goTo(page, 'Files')
        await page.waitForFunction((name) =>
          [...document.querySelectorAll('.file')].some((file) => file.textContent.includes(name) && file.querySelector('img')?.naturalWidth === 1), picture.name)
        await itemOf(page, large).waitFor()
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('button', { name: `Download ${picture.name}` }).click(),
        ])
        assert.equal(download.suggestedFilename(), picture.name)
        assert.equal(sha256(await readFile(await download.path())), picture.digest)

        await page.getByRole('button', { name: `Details of ${picture.name}` }).click()
        await page.getByRole('dialog').getByText(picture.digest).waitFor()
        await page.keyboard.press('Escape')
        await page.getByRole('button', { name: `Delete ${picture.name}` }).click()
        const question = page.getByRole('dialog')
        await question.getByRole('heading', { name: picture.name }).waitFor()
        assert.equal(await question.getByRole('button', { name: 'Cancel' }).evaluate((button) => button === document.activeElement), true)
        // The focus is on no.
        await page.keyboard.press('Enter')
        await question.waitFor({ state: 'detached' })
        assert.equal((await uploadsNamed(picture.name))[0].status, 'completed')
        await page.getByRole('button', { name: `Delete ${picture.name}` }).click()
        await question.getByRole('button', { name: 'Delete' }).click()
        await itemOf(page, picture).waitFor({ state: 'detached' })
        await uploadThatIs('deleted', picture.name)

        await page.getByRole('button', { name: 'Sign out' }).click()
        await page.getByRole('button', { name: 'Continue' }).waitFor()
        await page.reload()
        await page.getByRole('button', { name: 'Continue' }).waitFor()
      }))))

test('the gateway has the last word on the limits, in the same words', () =>
  withFile(70 * KiB, (file) =>
    limitedTo(60 * KiB, () =>
      openPortal(browser, async (page) => {
        const asked = []
        page.on('request', (request) => request.method() === 'POST' && request.url().endsWith('/v1/uploads') && asked.push(request))
        await signIn(page, ALICE)
        await choose(page, file)
        const words = 'The size must be at most 61.4 kB, your organisation’s limit.'
        await isSaid(page, file, words)
        assert.equal(asked.length, 0, 'what the page knows is not asked for')
        const refusal = page.waitForResponse((answer) => answer.url().endsWith('/v1/uploads') && answer.status() === 422)
        await page.getByRole('button', { name: `Try again ${file.name}` }).click()
        await refusal
        await isSaid(page, file, words)

        await limitedTo(80 * KiB, async () => {
          await page.getByRole('button', { name: `Try again ${file.name}` }).click()
          await isSaid(page, file, 'Uploaded')
        })
        await assertArrived(token, file)
      }))))

test('files go into the collection that is named, and are found by it and by Back', () =>
  withFile(1 * KiB, (file) =>
    openPortal(browser, async (page) => {
      const collection = file.name.slice(0, 36)
      await signIn(page, ALICE)
      await page.getByLabel('Collection').fill('no/such')
      await choose(page, file)
      assert.equal(await itemOf(page, file).count(), 0, 'a collection that cannot be is told before anything is sent')
      await page.getByLabel('Collection').fill(collection)
      await choose(page, file)
      await isSaid(page, file, 'Uploaded')
      await goTo(page, 'Files')
      await page.getByLabel('Collection').selectOption(collection)
      await page.waitForFunction(() => document.querySelectorAll('.file').length === 1)
      await itemOf(page, file).waitFor()
      assert.ok(page.url().endsWith(`#/files?collection=${collection}`))
      await page.getByLabel('Status').selectOption('Deleted')
      await page.getByText('Nothing matches these filters.').waitFor()
      await page.goBack()
      await itemOf(page, file).waitFor()
      assert.equal(await page.getByLabel('Status').evaluate((select) => select.selectedOptions[0].text), 'Uploaded')
    })))

test('a file that is dropped anywhere is uploaded, under a name of any kind', () =>
  openPortal(browser, async (page) => {
    const name = `${crypto.randomUUID()}‮<img src=x onerror=alert(1)>تقرير.txt`
    await signIn(page, ALICE)
    await page.getByRole('heading', { name: 'Upload' }).waitFor()
    await page.evaluate((name) => {
      const transfer = new DataTransfer()
      transfer.items.add(new File(['what it says'], name, { type: 'text/plain' }))
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
    }, name)
    await isSaid(page, { name }, 'Uploaded')
    await goTo(page, 'Files')
    await itemOf(page, { name }).waitFor()
    assert.equal(await page.locator('main img[src="x"]').count(), 0)
  }))

test('at most three files and four requests are on their way at once', () =>
  withFile(33 * MiB, (one) => withFile(33 * MiB, (two) => withFile(1 * KiB, (three) => withFile(2 * KiB, (four) =>
    openPortal(browser, async (page) => {
      await signIn(page, ALICE)
      const [held, most] = [[], { files: 0, requests: 0 }]
      let [open, isOpen] = [0, false]
      await page.exposeFunction('count', (files) => { most.files = Math.max(most.files, files) })
      await page.evaluate(() => {
        const running = () => [...document.querySelectorAll('.transfer')].filter(({ dataset }) => ['reading', 'sending', 'finishing'].includes(dataset.state))
        new MutationObserver(() => window.count(running().length)).observe(document.getElementById('main'), { subtree: true, attributeFilter: ['data-state'] })
      })
      const isToStore = (request) => request.method() === 'PUT'
      page.on('response', (answer) => isToStore(answer.request()) && open--)
      await page.route(/X-Amz-Signature/, (route) => {
        if (!isToStore(route.request())) return route.continue()
        most.requests = Math.max(most.requests, ++open)
        if (isOpen) return route.continue()
        held.push(route)
        // No more come, or they would have come by the time that these are through.
        if (held.length < 4) return undefined
        isOpen = true
        return Promise.all(held.map((route) => route.continue()))
      })
      await choose(page, one, two, three, four)
      await page.getByText('4 of 4 files uploaded', { exact: true }).waitFor({ state: 'attached', timeout: 60_000 })
      assert.deepEqual(most, { files: 3, requests: 4 })
    }))))))

test('on a touch screen a photo can be taken, and elsewhere that is not offered', async () => {
  await openPortal(browser, async (page) => {
    await signIn(page, ALICE)
    const camera = page.getByLabel('Take a photo')
    assert.deepEqual([await camera.getAttribute('accept'), await camera.getAttribute('capture')], ['image/*', 'environment'])
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true)
  }, { hasTouch: true, isMobile: true, viewport: { width: 360, height: 800 } })
  await openPortal(browser, async (page) => {
    await signIn(page, ALICE)
    assert.equal(await page.getByLabel('Take a photo').count(), 0)
  })
})
