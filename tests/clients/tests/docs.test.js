// Is the gateway's own documentation readable in a browser, with no help from other hosts?
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch, onPage } from '../harness/browser.js'
import { sandbox } from '../harness/sandbox.js'

/** What a reader must see of the page. */
const visible = ['/v1/uploads', '/v1/uploads/{id}/complete', '/v1/admin/tenants']

let browser
before(async () => (browser = await launch()))
after(() => browser?.close())

test('the documentation: each operation can be read, from this host alone, under its own policy', () =>
  onPage(browser, 'about:blank', async (page, said) => {
    const hosts = new Set()
    page.on('request', (request) => hosts.add(new URL(request.url()).host))
    const response = await page.goto(`${sandbox.publicUrl}/docs`)
    assert.equal(response.status(), 200)
    assert.ok(response.headers()['content-security-policy'], 'the page has a policy')
    for (const path of visible) await page.getByText(path, { exact: true }).first().waitFor({ timeout: 20_000 })
    await page.waitForLoadState('networkidle')
    assert.deepEqual([...hosts], [new URL(sandbox.publicUrl).host], 'nobody else is asked')
    assert.deepEqual(said, [], 'the browser has nothing to complain about')
  }))
