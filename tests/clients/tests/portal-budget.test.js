// Is the portal light, and does it keep to itself?
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch } from '../harness/browser.js'
import { KiB } from '../harness/files.js'
import { openPortal, portal, signIn } from '../harness/portal.js'
import { sandbox } from '../harness/sandbox.js'

/** What the portal's first load may weigh, uncompressed and without pictures. */
const BUDGET = 100 * KiB

let browser
before(async () => (browser = await launch()))
after(() => browser?.close())

const originOf = (url) => new URL(url).origin

/** Loads the portal as `email`, and tells what came from where. */
const load = (email) =>
  openPortal(browser, async (page, said) => {
    await signIn(page, email)
    await page.waitForLoadState('networkidle')
    const requests = []
    page.on('request', (request) => requests.push(request))
    // The identity provider's session signs in again, so this is a whole first load.
    await page.reload()
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    await page.waitForLoadState('networkidle')
    // A page that is left on the way to the identity provider is not loaded to its end.
    const complaints = said.filter((line) => !line.startsWith('net::ERR_ABORTED'))
    assert.deepEqual(complaints, [], 'the browser has nothing to complain about')
    // The browser keeps files and does not say how long those are.
    const own = requests.map((request) => request.url().split(/[?#]/)[0]).filter((url) => url.startsWith(portal) && !url.endsWith('.svg'))
    const weigh = async (url) => [url, (await (await fetch(url)).arrayBuffer()).byteLength]
    const sizes = Object.fromEntries(await Promise.all([...new Set(own)].map(weigh)))
    const bytes = Object.values(sizes).reduce((sum, size) => sum + size, 0)
    return { bytes, sizes, origins: new Set(requests.map((request) => originOf(request.url()))) }
  })

for (const email of ['alice@acme.example', 'ada@acme.example', 'admin@platform.example']) {
  test(`the portal's first load is under 100 KiB, and comes from here: ${email}`, async () => {
    const { bytes, sizes, origins } = await load(email)
    console.log(`${email}: ${bytes} bytes in ${Object.keys(sizes).length} files`)
    assert.ok(Object.values(sizes).every((size) => size > 0) && bytes > 10 * KiB, 'every file was weighed')
    assert.ok(bytes < BUDGET, `${bytes} bytes: ${JSON.stringify(sizes, null, 1)}`)
    const allowed = new Set([sandbox.publicUrl, sandbox.cognitoUrl, sandbox.s3Url].map(originOf))
    assert.deepEqual([...origins].filter((origin) => !allowed.has(origin)), [], 'nobody else is asked')
  })
}
