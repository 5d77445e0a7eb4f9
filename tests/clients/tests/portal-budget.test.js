// Is the portal light, and does it keep to itself?
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch } from '../harness/browser.js'
import { KiB } from '../harness/files.js'
import { openPortal, signIn } from '../harness/portal.js'
import { sandbox } from '../harness/sandbox.js'

/** What the portal's first load may weigh, uncompressed and without pictures. */
const BUDGET = 100 * KiB

let browser
before(async () => (browser = await launch()))
after(() => browser?.close())

const originOf = (url) => new URL(url).origin

/** Loads the portal as `email` from an empty cache, and tells what came from where. */
const load = (email) =>
  openPortal(browser, async (page, said) => {
    await signIn(page, email)
    const requests = []
    page.on('requestfinished', (request) => requests.push(request))
    // The identity provider's session signs in again, so this is a whole first load with nothing in the cache.
    await page.reload()
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    await page.waitForLoadState('networkidle')
    assert.deepEqual(said, [], 'the browser has nothing to complain about')
    const own = requests.filter((request) => request.url().startsWith(`${sandbox.publicUrl}/portal/`) && request.resourceType() !== 'image')
    const bodies = await Promise.all(own.map(async (request) => [request.url(), (await (await request.response()).body()).length]))
    // Signing in again loads the page twice; the second time says that nothing changed.
    const sizes = Object.fromEntries(bodies.sort(([, a], [, b]) => a - b))
    return { bytes: Object.values(sizes).reduce((sum, size) => sum + size, 0), sizes, origins: new Set(requests.map((request) => originOf(request.url()))) }
  })

for (const email of ['alice@acme.example', 'ada@acme.example', 'admin@platform.example']) {
  test(`the portal's first load is under 100 KiB, and comes from here: ${email}`, async () => {
    const { bytes, sizes, origins } = await load(email)
    console.log(`${email}: ${bytes} bytes in ${Object.keys(sizes).length} files`)
    assert.ok(bytes > 10 * KiB, 'the files were counted')
    assert.ok(bytes < BUDGET, `${bytes} bytes: ${JSON.stringify(sizes, null, 1)}`)
    const allowed = new Set([sandbox.publicUrl, sandbox.cognitoUrl, sandbox.s3Url].map(originOf))
    assert.deepEqual([...origins].filter((origin) => !allowed.has(origin)), [], 'nobody else is asked')
  })
}
