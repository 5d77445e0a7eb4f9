// What can a platform admin do at the desk? Find a tenant, stop it at once, begin one, and change what one may.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch } from '../harness/browser.js'
import { eventually } from '../harness/eventually.js'
import { goTo, openPortal, signIn } from '../harness/portal.js'
import { call, sandbox, signIn as tokenOf } from '../harness/sandbox.js'

const ADMIN = 'admin@platform.example'

let browser, admin
before(async () => {
  browser = await launch()
  admin = await tokenOf(ADMIN)
})
after(() => browser?.close())

const desk = (use, options) =>
  openPortal(browser, async (page) => {
    await signIn(page, ADMIN)
    await use(page)
  }, options)

/** A tenant of the test's own. */
const newTenant = (name, change) => {
  const slug = `desk-${crypto.randomUUID()}`
  return call(admin, 'POST', '/v1/admin/tenants', { slug, name: name ?? slug, ...change })
}

const tenantNamed = async (slug) => (await call(admin, 'GET', `/v1/admin/tenants?q=${slug}`)).items[0]

/** What the gateway answers to a person: 200, or the status and the problem's type. */
async function answered(token) {
  const answer = await fetch(`${sandbox.publicUrl}/v1/me`, { headers: { authorization: `Bearer ${token}` } })
  return answer.ok ? '200' : `${answer.status} ${(await answer.json()).type.split('/').pop()}`
}

const described = async (field) => {
  const ids = (await field.getAttribute('aria-describedby')).split(' ')
  return field.evaluate((control, ids) => ids.map((id) => control.ownerDocument.getElementById(id).textContent).join(' '), ids)
}

test('the desk: a tenant is found and suspended, and its next request is refused within a second', async () => {
  const gina = await tokenOf('gina@globex.example')
  assert.equal(await answered(gina), '200')
  const { id } = await tenantNamed('globex')
  try {
    await desk(async (page) => {
      await page.getByLabel('Name or short name').fill('ACME INC')
      await page.getByRole('link', { name: 'Acme Inc.' }).waitFor()
      await page.getByLabel('Name or short name').fill('glob')
      await page.getByRole('link', { name: 'Acme Inc.' }).waitFor({ state: 'detached' })
      assert.match(page.url(), /#\/tenants\?q=glob$/, 'what is looked for is in the address')
      await page.getByRole('link', { name: 'Globex Corporation' }).click()
      await page.getByRole('heading', { level: 1, name: 'Globex Corporation' }).waitFor()

      await page.getByRole('button', { name: 'Suspend …' }).click()
      const question = page.getByRole('dialog')
      const text = await question.textContent()
      assert.match(text, /everywhere within a second/)
      assert.match(text, /URLs that were handed out already work until they expire/)
      assert.equal(await question.evaluate((dialog) => dialog.ownerDocument.activeElement.textContent), 'Cancel')
      await page.keyboard.press('Escape')
      await question.waitFor({ state: 'detached' })
      assert.equal(await answered(gina), '200', 'who thinks better of it has done nothing')

      await page.getByRole('button', { name: 'Suspend …' }).click()
      const answer = page.waitForResponse(/\/suspend$/)
      await question.getByRole('button', { name: 'Suspend' }).click()
      const { outstanding } = await (await answer).json()
      const since = Date.now()
      const refusal = await eventually('that gina is refused', async () => {
        const said = await answered(gina)
        return said === '200' ? undefined : said
      })
      const waited = Date.now() - since
      assert.equal(refusal, '403 tenant-suspended')
      assert.ok(waited < 1000, `refused after ${waited} ms`)

      const effect = page.getByRole('status').filter({ hasText: 'URLs that were handed out' })
      await effect.getByText('at the latest').first().waitFor()
      const until = await effect.locator('time').first().getAttribute('datetime')
      assert.equal(until, outstanding.urlsUntil)
      assert.ok(new Date(until) > new Date(), 'until a time to come')
      await page.getByText('Suspended', { exact: true }).waitFor()

      await page.getByRole('button', { name: 'Activate …' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Activate' }).click()
      await page.getByText('Active', { exact: true }).waitFor()
      await eventually('that gina is served again', async () => ((await answered(gina)) === '200' ? true : undefined))
    })
  } finally {
    await call(admin, 'POST', `/v1/admin/tenants/${id}/activate`)
  }
})

test('the desk: a suspension that revokes says that it did', () =>
  desk(async (page) => {
    // A tenant of its own: one that is activated again is not served for the next half minute.
    const { slug } = await newTenant()
    await page.getByLabel('Name or short name').fill(slug)
    await page.getByRole('link', { name: slug, exact: true }).click()
    await page.getByRole('button', { name: 'Suspend …' }).click()
    const question = page.getByRole('dialog')
    await question.getByLabel('Revoke them now').check()
    const answer = page.waitForResponse(/\/suspend$/)
    await question.getByRole('button', { name: 'Suspend' }).click()
    const sent = await answer
    assert.deepEqual(sent.request().postDataJSON(), { revokeOutstanding: true })
    assert.equal((await sent.json()).outstanding.revocation, 'made')
    await page.getByRole('status').getByText('What was handed out is revoked').waitFor()
    assert.equal(await page.getByText('at the latest').count(), 0, 'nothing is said to live on')
  }))

test('the desk: a new tenant is made, and what is wrong with it is said where it is', () =>
  desk(async (page) => {
    const slug = `desk-${crypto.randomUUID()}`
    await page.getByRole('link', { name: 'New tenant' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Initech')
    await page.getByLabel('Short name').fill('Not A Slug')
    await page.getByLabel('E-mail domains').fill(`${slug}.example\nnonsense`)
    await page.getByLabel('Identity provider').fill('InitechSSO')
    const native = page.getByLabel('People may also sign in with a password')
    assert.equal(await native.isChecked(), false, 'an identity provider is the one way until the admin says otherwise')
    await native.check()
    await page.getByRole('button', { name: 'Create tenant' }).click()
    const wrong = page.locator('[aria-invalid=true]')
    await wrong.first().waitFor()
    assert.equal(await wrong.count(), 2)
    const field = page.getByLabel('Short name')
    assert.equal(await field.evaluate((control) => control === control.ownerDocument.activeElement), true, 'the first has the focus')
    assert.match(await described(field), /must be 2 to 63 lower-case letters/)
    assert.match(await described(page.getByLabel('E-mail domains')), /number 2.* must be a domain name/)

    await field.fill(slug)
    await page.getByLabel('E-mail domains').fill('acme.example')
    await page.getByRole('button', { name: 'Create tenant' }).click()
    await page.getByText('is another tenant’s').or(page.getByText('is another tenant\'s')).waitFor()
    assert.equal(await field.getAttribute('aria-invalid'), null, 'what was put right is no longer wrong')
    assert.equal(await tenantNamed(slug), undefined)

    await page.getByLabel('E-mail domains').fill(`${slug}.example`)
    await page.getByRole('button', { name: 'Create tenant' }).click()
    await page.getByRole('heading', { level: 1, name: 'Initech' }).waitFor()
    const { name, emailDomains, identityProvider, nativeUsers, limits } = await tenantNamed(slug)
    assert.deepEqual({ name, emailDomains, identityProvider, nativeUsers },
      { name: 'Initech', emailDomains: [`${slug}.example`], identityProvider: 'InitechSSO', nativeUsers: true })
    assert.deepEqual(limits, (await tenantNamed('acme')).limits, 'what was left empty is as the settings have it')
  }))

test('the desk: limits are changed, and nothing else is sent', async () => {
  const { id } = await newTenant()
  const path = `/v1/admin/tenants/${id}`
  await desk(async (page) => {
    await page.evaluate((id) => { location.hash = `#/tenant/${id}` }, id)
    const month = page.getByLabel('In a month', { exact: true })
    const limit = page.locator('.field').filter({ has: month })
    const sent = []
    page.on('request', (request) => request.method() === 'PATCH' && sent.push(request.postDataJSON()))
    const save = async () => {
      const answer = page.waitForResponse((response) => response.request().method() === 'PATCH')
      await page.getByRole('button', { name: 'Save' }).click()
      assert.equal((await answer).status(), 200)
      await page.getByText('Saved.').first().waitFor()
    }
    await limit.getByLabel('No limit').uncheck()
    await page.getByRole('button', { name: 'Save' }).click()
    await limit.getByText('must be a number').waitFor()
    assert.deepEqual(sent, [], 'an empty limit is not sent')

    await month.fill('1.5')
    await limit.getByLabel('unit').selectOption('TB')
    await save()
    assert.equal((await call(admin, 'GET', path)).limits.monthlyBytes, 1.5e12)
    await limit.getByLabel('No limit').check()
    await save()
    assert.equal((await call(admin, 'GET', path)).limits.monthlyBytes, null)
    assert.deepEqual(sent, [{ limits: { monthlyBytes: 1.5e12 } }, { limits: { monthlyBytes: null } }])
  })
})

test('the desk: a long list goes on, and Back finds what was looked for', async () => {
  const word = crypto.randomUUID()
  await Promise.all(Array.from({ length: 26 }, (_, index) => newTenant(`${word} ${index}`)))
  await desk(async (page) => {
    // What is typed before the list of all is there: that list is the answer to another question, and its cursor too.
    let typed
    const isTyped = new Promise((resolve) => { typed = resolve })
    await goTo(page, 'Audit of all tenants')
    await page.route(/\/v1\/admin\/tenants\?(?!.*\bq=)/, async (route) => {
      await isTyped
      await route.continue().catch(() => {})
    }, { times: 1 })
    const late = page.waitForRequest(/\/v1\/admin\/tenants\?/)
    await goTo(page, 'Tenants')
    await late
    await page.getByLabel('Name or short name').fill(word)
    typed()
    await page.getByText('25 tenants shown, and there are more.').waitFor()
    await page.getByRole('button', { name: 'Show more' }).click()
    await page.getByText('26 tenants shown.').waitFor()
    const names = await page.locator('ul.tenants h2').allTextContents()
    assert.equal(new Set(names).size, 26, 'each once')
    assert.ok(names.every((name) => name.startsWith(word)))
    assert.equal(await page.getByRole('button', { name: 'Show more' }).isVisible(), false)
    await page.getByLabel('Status').selectOption('Suspended')
    await page.getByText('No tenant is like this.').waitFor()
    await page.getByLabel('Status').selectOption('Active')
    await page.getByRole('link', { name: names[0], exact: true }).waitFor()
    await page.getByRole('button', { name: 'Show more' }).click()
    await page.getByRole('link', { name: names[25], exact: true }).click()
    await page.getByRole('heading', { level: 1, name: names[25] }).waitFor()
    await page.goBack()
    await page.getByText('25 tenants shown').waitFor()
    assert.equal(await page.getByLabel('Name or short name').inputValue(), word)
    assert.equal(await page.getByLabel('Status').inputValue(), 'active')
  })
})

test('the desk: what is not saved is asked about before the page goes', async () => {
  const { id } = await newTenant('Unsaved')
  await desk(async (page) => {
    await page.evaluate((id) => { location.hash = `#/tenant/${id}` }, id)
    await page.getByLabel('Name', { exact: true }).fill('Changed')
    const leaving = page.getByRole('dialog', { name: 'Leave without saving?' })
    const tenants = page.getByRole('navigation').getByRole('link', { name: 'Tenants', exact: true })
    await tenants.click()
    await leaving.getByRole('button', { name: 'Cancel' }).click()
    await leaving.waitFor({ state: 'detached' })
    await page.waitForURL(`**/#/tenant/${id}`)
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Changed')
    await tenants.click()
    await leaving.getByRole('button', { name: 'Leave' }).click()
    await page.getByRole('heading', { level: 1, name: 'Tenants' }).waitFor()
    await goTo(page, 'Audit of all tenants')
    assert.equal(await leaving.count(), 0, 'what was given up is not asked about again')
  })
  assert.equal((await call(admin, 'GET', `/v1/admin/tenants/${id}`)).name, 'Unsaved')
})

test('the desk: a hostile name is a text, and breaks no narrow page', async () => {
  const name = `<img src=x onerror="document.title='broken'">\u202eשלום ${'W'.repeat(120)}`
  const { id, slug } = await newTenant(name)
  await desk(async (page) => {
    const isNarrow = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)
    await page.getByLabel('Name or short name').fill(slug)
    const link = page.getByRole('link', { name: /onerror/ })
    await link.waitFor()
    assert.equal(await link.textContent(), name)
    assert.ok(await isNarrow(), 'the list')
    await link.click()
    await page.getByRole('button', { name: 'Save' }).waitFor()
    await page.getByText('No collection holds a file.').waitFor()
    assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), name)
    assert.ok(await isNarrow(), 'the tenant')
    await page.goto(`${page.url().split('#')[0]}#/platform-audit?tenant=${id}`)
    await page.getByRole('link', { name: slug }).first().waitFor()
    assert.ok(await isNarrow(), 'the audit')
    assert.equal(await page.locator('img').count(), 0)
    assert.match(await page.title(), /Uploads$/)
  }, { viewport: { width: 360, height: 800 } })
})
