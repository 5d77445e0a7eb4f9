// What must hold of every client? A small file and a large one arrive; one that is taken back leaves nothing; one that was
// interrupted goes on in a new page from what S3 has.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch, onPage } from './browser.js'
import { eventually } from './eventually.js'
import { KiB, MiB, sha256, withFile } from './files.js'
import { uploadsNamed, uploadThatIs } from './ledger.js'
import { call, sandbox, signIn } from './sandbox.js'
import { kept } from './store.js'

const SMALL = 70 * KiB
const LARGE = 30 * MiB

/** Fails unless the whole file is in S3, byte for byte, and completed in the ledger. Returns the upload. */
export async function assertArrived(token, file) {
  const upload = await uploadThatIs('completed', file.name)
  assert.equal(upload.size, file.size)
  const { url } = await call(token, 'GET', `/v1/uploads/${upload.id}/download`)
  const stored = Buffer.from(await (await fetch(url)).arrayBuffer())
  assert.equal(sha256(stored), file.digest, 'what S3 has is the file')
  return upload
}

/** Progress only grows, and ends at the file's size. */
export function assertProgress(progress, size, events) {
  assert.ok(progress.length >= events, `progress is told more often than ${progress.length} times`)
  // What an upload of a form counts includes the form's other fields.
  const uploaded = progress.map(([bytes]) => Math.min(bytes, size))
  assert.deepEqual(uploaded, [...uploaded].sort((a, b) => a - b), 'progress only grows')
  assert.equal(uploaded.at(-1), size, 'progress ends at the whole file')
  assert.ok(progress.every(([, total]) => total === size), 'the total is the size of the file')
}

/** Chooses the file on the page, and uploads it, for at most a minute: a client may wait for ever for what does not come. */
export async function begin(page, file, settings, wish) {
  await page.setInputFiles('input', file.path)
  await page.evaluate(([settings, wish]) => { window.ended = window.begin(settings, wish) }, [settings, wish])
  return page.waitForFunction(() => window.ended, undefined, { timeout: 60_000 }).then((seen) => seen.jsonValue())
}

/**
 * The tests of one page. `settings` are its options in all tests, `inParts` those that make the large file a multipart
 * upload; `granted` is false when the gateway learns of an upload from S3 alone, `pauseAfter` how many of `parts` are sent
 * before the interruption, `flags` Chromium's.
 */
export function journeys(page, { email = 'alice@acme.example', settings = {}, inParts = {}, parts = 6, granted = true, flags } = {}) {
  let browser, token, common
  const large = () => ({ ...common, shouldUseMultipart: true, ...inParts })
  const someParts = Math.max(1, Math.floor(parts / 3))

  before(async () => {
    browser = await launch(flags)
    token = await signIn(email)
    common = { gateway: sandbox.publicUrl, token, ...settings }
  })
  after(() => browser?.close())

  test(`${page}: a small file arrives`, () =>
    withFile(SMALL, (file) =>
      onPage(browser, page, async (open) => {
        const seen = await begin(open, file, common)
        assert.deepEqual(seen.failed, [])
        assert.equal(seen.successful, 1)
        assertProgress(seen.progress, file.size, 1)
        await assertArrived(token, file)
      })))

  test(`${page}: a large file arrives in parts`, () =>
    withFile(LARGE, (file) =>
      onPage(browser, page, async (open) => {
        const seen = await begin(open, file, large())
        assert.deepEqual(seen.failed, [])
        assert.equal(seen.successful, 1)
        assert.equal(seen.parts.length, parts)
        assertProgress(seen.progress, file.size, parts)
        await assertArrived(token, file)
        assert.deepEqual((await kept(file.name)).unfinished, [])
      })))

  test(`${page}: what is cancelled halfway leaves nothing`, () =>
    withFile(LARGE, (file) =>
      onPage(browser, page, async (open) => {
        const seen = await begin(open, file, { ...large(), limit: 1 }, { cancelAfter: someParts })
        assert.equal(seen.parts.length, someParts)
        if (granted) await uploadThatIs('aborted', file.name)
        await eventually(`that S3 keeps nothing of ${file.name}`, async () => {
          const { objects, unfinished } = await kept(file.name)
          return objects.length + unfinished.length === 0 || undefined
        })
        if (!granted) assert.deepEqual(await uploadsNamed(file.name), [])
      })))

  test(`${page}: what was interrupted goes on in a new page`, () =>
    withFile(LARGE, async (file) => {
      // One request at a time, so that some parts are surely missing.
      const first = await onPage(browser, page, (open) =>
        begin(open, file, { ...large(), limit: 1 }, { pauseAfter: someParts }))
      assert.equal((await kept(file.name)).unfinished.length, 1)

      await onPage(browser, page, async (open) => {
        const seen = await begin(open, file, large(), { resume: first.stopped })
        assert.deepEqual(seen.failed, [])
        assert.equal(seen.successful, 1)
        const sent = [...first.parts, ...seen.parts].sort((a, b) => a - b)
        assert.deepEqual(sent, Array.from({ length: parts }, (_, index) => index + 1), 'each part is sent once')
      })
      await assertArrived(token, file)
    }))
}
