// Can everybody use each page, in light and in dark, on a desk and on a small phone?
import { after, before, test } from 'node:test'
import { assertUsable } from '../harness/accessibility.js'
import { launch } from '../harness/browser.js'
import { openPortal, portal, signIn } from '../harness/portal.js'
import { call, sandbox, signIn as tokenOf } from '../harness/sandbox.js'

const authorize = (more) => {
  const asked = { client_id: sandbox.clientId, response_type: 'code', redirect_uri: portal, scope: 'openid email', state: 's', ...more }
  return `${sandbox.cognitoUrl}/oauth2/authorize?${new URLSearchParams(asked)}`
}

/** A one-pixel picture, blown up by the gallery. */
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M/wHwAEBgIApD5fRAAAAABJRU5ErkJggg==', 'base64')

/** Something to see on the pages: files in several states and collections. */
async function furnish(token) {
  const files = [['photo.png', 'image/png', PICTURE], ['報告書.pdf', 'application/pdf', Buffer.from('%PDF-')],
    [`${'a-very-long-name-'.repeat(8)}.txt`, 'text/plain', Buffer.from('text')]]
  for (const [fileName, contentType, bytes] of files) {
    const grant = await call(token, 'POST', '/v1/uploads', { fileName, contentType, size: bytes.length, collection: 'holidays' })
    await fetch(grant.request.url, { method: 'PUT', headers: grant.request.headers, body: bytes })
    await call(token, 'POST', `/v1/uploads/${grant.id}/complete`)
  }
  await call(token, 'POST', '/v1/uploads', { fileName: 'pending.zip', contentType: 'application/zip', size: 40 * 2 ** 20, method: 'multipart' })
}

let browser
before(async () => {
  browser = await launch()
  await furnish(await tokenOf('ada@acme.example'))
})
after(() => browser?.close())

const heading = (page, text) => page.getByRole('heading', { level: 1, name: text }).waitFor()
const settled = (page) => page.waitForLoadState('networkidle')

test('before signing in', () =>
  openPortal(browser, async (page) => {
    await page.goto(portal)
    await heading(page, 'Sign in')
    await assertUsable(page, 'sign-in')
    await page.goto(`${portal}?code=a&state=b`)
    await page.getByRole('alert').getByText(/Sign in again/).waitFor()
    await assertUsable(page, 'sign-in-refused')
  }))

test('where people sign in', () =>
  openPortal(browser, async (page) => {
    const pages = [['login', authorize()], ['identity-provider', authorize({ identity_provider: 'AcmeSSO' })],
      ['sign-up', `${sandbox.cognitoUrl}/signup?client_id=${sandbox.clientId}`], ['refused', authorize({ redirect_uri: 'https://evil.example' })]]
    for (const [name, url] of pages) {
      await page.goto(url)
      await assertUsable(page, `cognito-${name}`)
    }
  }))

/** The pages of each person, and what they are waited for with. */
const PAGES = {
  'alice@acme.example': [['upload', '#/upload', 'Upload']],
  'ada@acme.example': [['files', '#/files', 'Files'], ['files-none', '#/files?collection=nothing-here', 'Files'], ['usage', '#/usage', 'Usage'], ['audit', '#/audit', 'Audit']],
  'admin@platform.example': [['tenants', '#/tenants', 'Tenants'], ['tenant-new', '#/tenant/new', 'New tenant'], ['platform-audit', '#/platform-audit', 'Audit of all tenants']],
}

for (const [email, pages] of Object.entries(PAGES)) {
  test(`the pages of ${email}`, () =>
    openPortal(browser, async (page) => {
      await signIn(page, email)
      for (const [name, address, title] of pages) {
        await page.goto(portal + address)
        await heading(page, title)
        await settled(page)
        await assertUsable(page, name)
      }
    }))
}

test('a file’s details, and the question before it is deleted', () =>
  openPortal(browser, async (page) => {
    await signIn(page, 'ada@acme.example')
    await page.goto(`${portal}#/files?collection=holidays&status=completed`)
    await page.getByRole('button', { name: /^Details/ }).first().click()
    await page.getByRole('dialog').waitFor()
    await assertUsable(page, 'file-details')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: /^Delete/ }).first().click()
    await page.getByRole('dialog').waitFor()
    await assertUsable(page, 'file-delete')
    await page.keyboard.press('Escape')
  }))

test('uploads on their way, paused and refused', () =>
  openPortal(browser, async (page) => {
    await signIn(page, 'alice@acme.example')
    await page.route(`${sandbox.s3Url}/**`, (route) => route.request().method() === 'PUT' ? undefined : route.continue())
    const files = [{ name: 'large.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(20 * 2 ** 20) }, { name: 'small.txt', mimeType: 'text/plain', buffer: Buffer.from('a') },
      { name: 'nothing.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) }]
    await page.locator('input[type=file]').first().setInputFiles(files)
    await page.getByText('nothing.txt').first().waitFor()
    await page.getByRole('button', { name: /^Pause/ }).first().click()
    await page.getByRole('button', { name: /^Resume/ }).first().waitFor()
    await assertUsable(page, 'uploads')
  }))

test('a tenant, and the question before it is suspended', () =>
  openPortal(browser, async (page) => {
    await signIn(page, 'admin@platform.example')
    await page.goto(`${portal}#/tenants?q=acme`)
    await page.getByRole('link', { name: 'Acme Inc.' }).click()
    await heading(page, 'Acme Inc.')
    await settled(page)
    await assertUsable(page, 'tenant')
    await page.getByRole('button', { name: 'Suspend' }).click()
    await page.getByRole('dialog').waitFor()
    await assertUsable(page, 'tenant-suspend')
    await page.keyboard.press('Escape')
  }))

test('somebody who may not come in', async () => {
  const admin = await tokenOf('admin@platform.example')
  const { items } = await call(admin, 'GET', '/v1/admin/tenants?q=globex')
  await call(admin, 'POST', `/v1/admin/tenants/${items[0].id}/suspend`)
  try {
    await openPortal(browser, async (page) => {
      await signIn(page, 'gus@globex.example')
      await heading(page, 'You are signed in, and cannot go on')
      await assertUsable(page, 'not-let-in')
    })
  } finally {
    await call(admin, 'POST', `/v1/admin/tenants/${items[0].id}/activate`)
  }
})

test('the documentation', () =>
  openPortal(browser, async (page) => {
    await page.goto(`${sandbox.publicUrl}/docs`)
    await assertUsable(page, 'docs', { isLong: true })
  }))
