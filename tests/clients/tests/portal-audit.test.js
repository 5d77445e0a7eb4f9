// Who sees what happened, and how much was used? The platform's admins of all tenants, a tenant's admin of its own, and
// nobody else.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { launch } from '../harness/browser.js'
import { goTo, openPortal, signIn } from '../harness/portal.js'
import { call, signIn as tokenOf } from '../harness/sandbox.js'

const ADMIN = 'admin@platform.example'

let browser
before(async () => (browser = await launch()))
after(() => browser?.close())

const as = (email, use) =>
  openPortal(browser, async (page) => {
    await signIn(page, email)
    await use(page)
  })

/** The rows of a CSV (RFC 4180) by its head. */
function parsed(text) {
  const rows = [[]]
  for (const [, cell, end] of text.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|$)/g)) {
    rows.at(-1).push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)
    if (end === '\r\n') rows.push([])
  }
  const [head, ...lines] = rows.filter((row) => row.length > 1)
  return lines.map((line) => Object.fromEntries(line.map((cell, index) => [head[index], cell])))
}

/** Bytes that are in S3 and on record, in a collection of their own. */
async function uploaded(token, size) {
  const collection = `desk-${crypto.randomUUID()}`
  const { id, request } = await call(token, 'POST', '/v1/uploads', { fileName: 'a.bin', contentType: 'application/octet-stream', size, collection })
  const { 'content-length': _, ...headers } = request.headers
  const answer = await fetch(request.url, { method: request.method, headers, body: Buffer.alloc(size) })
  assert.equal(answer.status, 200)
  await call(token, 'POST', `/v1/uploads/${id}/complete`)
  return { id, collection }
}

/** What the page asked the gateway for beyond what everyone may. */
const asked = (page) => {
  const paths = []
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (/^\/v1\/(admin|audit|usage)/.test(pathname)) paths.push(pathname)
  })
  return paths
}

const pagesOf = async (page) => (await page.getByRole('navigation').getByRole('link').allTextContents())

/** Goes where somebody has no page, and finds their first one. */
async function typed(page, name) {
  await goTo(page, 'Files')
  await page.evaluate((name) => { location.hash = `#/${name}` }, name)
  await page.locator('nav a[data-page=upload][aria-current=page]').waitFor()
}

test('the audit of all tenants: a suspension is found by its action, and exported as it is on record', async () => {
  const admin = await tokenOf(ADMIN)
  const slug = `desk-${crypto.randomUUID()}`
  const { id } = await call(admin, 'POST', '/v1/admin/tenants', { slug, name: slug })
  await call(admin, 'POST', `/v1/admin/tenants/${id}/suspend`)
  await call(admin, 'POST', `/v1/admin/tenants/${id}/activate`)
  await call(admin, 'POST', `/v1/admin/tenants/${id}/suspend`)
  const { items } = await call(admin, 'GET', `/v1/admin/audit?tenant=${id}&action=tenant.suspended`)
  assert.equal(items.length, 2)

  await as(ADMIN, async (page) => {
    await goTo(page, 'Audit of all tenants')
    const rows = page.locator('table.audit tbody tr')
    const row = rows.filter({ hasText: slug })
    await row.filter({ hasText: 'Tenant activated' }).waitFor()
    await page.getByLabel('What').selectOption('Tenant suspended')
    await row.filter({ hasText: 'Tenant activated' }).waitFor({ state: 'detached' })
    assert.equal(await row.count(), 2)
    assert.match(await row.first().textContent(), /Tenant suspended/)
    assert.match(page.url(), /action=tenant\.suspended/)

    await page.getByLabel('Tenant', { exact: true }).fill(slug)
    await page.waitForURL((url) => url.hash.includes(`tenant=${id}`))
    await page.getByText('2 events shown.', { exact: true }).waitFor()
    assert.deepEqual(await rows.evaluateAll((rows) => rows.map((row) => row.dataset.id)), items.map((item) => item.id))

    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export CSV' }).click()
    const file = await download
    assert.match(file.suggestedFilename(), /^audit-\d{4}-\d\d-\d\d\.csv$/)
    const saved = parsed(await readFile(await file.path(), 'utf8'))
    const expected = items.map((item) => ({ ...item, uploadId: item.uploadId ?? '', detail: JSON.stringify(item.detail) }))
    assert.deepEqual(saved, expected)

    const lines = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export NDJSON' }).click()
    const text = await readFile(await (await lines).path(), 'utf8')
    assert.deepEqual(text.trim().split('\n').map((line) => JSON.parse(line)), items)
  })
})

test('the audit: a filter that is refused is said, and another action can be named', () =>
  as(ADMIN, async (page) => {
    await goTo(page, 'Audit of all tenants')
    await page.getByLabel('Upload (id)').fill('nonsense')
    await page.getByRole('alert').getByText('The upload’s id must be').waitFor()
    assert.equal(await page.locator('tbody tr').count(), 0, 'no rows that answer another question')
    await page.getByLabel('Upload (id)').fill('')
    await page.getByLabel('What').selectOption('By its name …')
    await page.getByLabel('Name of the action').fill('nothing.like.this')
    await page.getByText('No event is like this.').waitFor()
    assert.equal(await page.getByRole('alert').getByText('must be').count(), 0)
  }))

test('the audit: times are the reader’s own on the page, and everybody’s in the address', () =>
  openPortal(browser, async (page) => {
    await signIn(page, ADMIN)
    await goTo(page, 'Audit of all tenants')
    await page.getByLabel('Before').fill('2020-01-31T09:30')
    await page.getByText('No event is like this.').waitFor()
    // Tokyo is nine hours ahead of UTC.
    await page.waitForURL((url) => new URLSearchParams(url.hash.split('?')[1]).get('to') === '2020-01-31T00:30:00.000Z')
    await page.goto(page.url().replace('to=', 'from='))
    await page.getByRole('heading', { level: 1, name: 'Audit of all tenants' }).waitFor()
    await page.locator('tbody tr').first().waitFor()
    assert.equal(await page.getByLabel('From').inputValue(), '2020-01-31T09:30')
    assert.equal(await page.getByLabel('Before').inputValue(), '')
  }, { timezoneId: 'Asia/Tokyo' }))

test('a tenant’s admin sees its usage and its audit, and not the desk', async () => {
  const size = 1_234_567
  const alice = await tokenOf('alice@acme.example')
  const { id, collection } = await uploaded(alice, size)
  await uploaded(alice, 1)
  await as('ada@acme.example', async (page) => {
    assert.deepEqual(await pagesOf(page), ['Upload', 'Files', 'Usage', 'Audit'])
    await goTo(page, 'Usage')
    await page.getByRole('heading', { name: 'This month' }).waitFor()
    const row = page.getByRole('region', { name: 'Collections' }).getByRole('row').filter({ hasText: collection })
    assert.deepEqual(await row.getByRole('cell').allTextContents(), ['1', '1.2 MB'])
    await page.getByText('The days as a table').click()
    const today = page.getByRole('region', { name: 'Days' }).getByRole('row').nth(1)
    const { days } = await call(await tokenOf('ada@acme.example'), 'GET', '/v1/usage')
    assert.ok(days.at(-1).bytes >= size)
    assert.equal(await today.getByRole('cell').first().textContent(), String(days.at(-1).uploads))
    const drawn = page.locator('svg.chart')
    assert.match(await drawn.getAttribute('aria-label'), /^Last 30 days: .*Busiest: /)
    assert.equal(await drawn.locator('rect.some').count(), days.filter(({ bytes }) => bytes > 0).length)

    await goTo(page, 'Audit')
    await page.getByLabel('Upload (id)').fill(id)
    await page.getByText('2 events shown.', { exact: true }).waitFor()
    const actions = await page.locator('tbody tr').evaluateAll((rows) => rows.map((row) => row.querySelector('small code').textContent))
    assert.deepEqual(actions, ['upload.completed', 'upload.granted'])

    const paths = asked(page)
    await typed(page, 'tenants')
    await typed(page, 'platform-audit')
    assert.deepEqual(paths, [], 'nor is anything asked for that she may not see')
  })
})

test('a user sees neither, whatever address is typed', () =>
  as('alice@acme.example', async (page) => {
    assert.deepEqual(await pagesOf(page), ['Upload', 'Files'])
    const paths = asked(page)
    for (const name of ['usage', 'audit', 'tenants', 'tenant/new', 'platform-audit']) await typed(page, name)
    assert.deepEqual(paths, [])
  }))
