// Can a name, an answer or a link make the portal do what its person did not ask for?
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { launch } from '../harness/browser.js'
import { openPortal, portal, signIn } from '../harness/portal.js'
import { call, changeTenant, sandbox, signIn as tokenOf } from '../harness/sandbox.js'

const MARKUP = '<img src=x onerror="window.stung=1"><script>window.stung=1</script>'

let browser
before(async () => (browser = await launch()))
after(() => browser?.close())

/** Fails if anything of the markup came alive. */
const assertUnstung = async (page) => {
  assert.equal(await page.evaluate(() => window.stung), undefined, 'no script of a name ran')
  assert.equal(await page.locator('main img[src="x"], main script').count(), 0, 'no element came of a name')
}

/** A small upload of that name that has arrived. */
async function upload(token, fileName) {
  const bytes = Buffer.from('hello')
  const grant = await call(token, 'POST', '/v1/uploads', { fileName, contentType: 'image/png', size: bytes.length, metadata: { note: MARKUP } })
  const answer = await fetch(grant.request.url, { method: 'PUT', headers: grant.request.headers, body: bytes })
  assert.ok(answer.ok, 'S3 takes the bytes')
  return call(token, 'POST', `/v1/uploads/${grant.id}/complete`)
}

test('a file whose name is markup is a name, in the gallery, the details and the question before it is deleted', async () => {
  // A name has neither `/` nor `\`, so no end tag.
  const name = '"><img src=x onerror="window.stung=1"><svg onload="window.stung=1">'
  await upload(await tokenOf('bob@acme.example'), name)
  await openPortal(browser, async (page) => {
    await signIn(page, 'bob@acme.example')
    await page.goto(`${portal}#/files`)
    const card = page.locator('main').getByText(name, { exact: true }).first()
    await card.waitFor()
    await assertUnstung(page)
    await page.getByRole('button', { name: /^Delete/ }).first().click()
    await page.getByRole('dialog').getByText(name).first().waitFor()
    await assertUnstung(page)
    await page.keyboard.press('Escape')
  })
})

test('a collection or a filter whose name is markup, in an address that somebody sent, is a name', () =>
  openPortal(browser, async (page) => {
    await signIn(page, 'ada@acme.example')
    for (const address of ['#/files?collection=', '#/audit?subject=', '#/audit?action=', '#/usage?x=']) {
      await page.goto(portal + address + encodeURIComponent(MARKUP))
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.waitForLoadState('networkidle')
      await assertUnstung(page)
    }
  }))

test('a tenant whose name is markup is a name, to its people and to the admin', async () => {
  await changeTenant('globex', { name: MARKUP })
  try {
    for (const [email, address] of [['gina@globex.example', '#/upload'], ['admin@platform.example', '#/tenants?q=globex']]) {
      await openPortal(browser, async (page) => {
        await signIn(page, email)
        await page.goto(portal + address)
        await page.getByText(MARKUP).first().waitFor()
        await assertUnstung(page)
      })
    }
  } finally {
    await changeTenant('globex', { name: 'Globex Corporation' })
  }
})

test('a problem whose words are markup is words', () =>
  openPortal(browser, async (page) => {
    await signIn(page, 'alice@acme.example')
    const problem = { type: '/problems/another', title: MARKUP, status: 400, detail: MARKUP, errors: [{ pointer: MARKUP, detail: MARKUP }] }
    await page.route('**/v1/uploads?**', (route) => route.fulfill({ status: 400, contentType: 'application/problem+json', body: JSON.stringify(problem) }))
    await page.goto(`${portal}#/files`)
    await page.getByText('window.stung').first().waitFor()
    await assertUnstung(page)
  }))

test('what the identity provider says is words', () =>
  openPortal(browser, async (page) => {
    const state = await begun(page)
    await page.goto(`${portal}?${new URLSearchParams({ state, error: 'x', error_description: MARKUP })}`)
    await page.getByText('window.stung').waitFor()
    await assertUnstung(page)
  }))

/** Begins to sign in, and gives the `state` that the identity provider was sent. */
async function begun(page) {
  await page.goto(portal)
  await page.getByLabel('E-mail address').fill('alice@acme.example')
  const asked = page.waitForRequest((request) => request.url().startsWith(`${sandbox.cognitoUrl}/oauth2/authorize`))
  await page.getByRole('button', { name: 'Continue' }).click()
  const state = new URL((await asked).url()).searchParams.get('state')
  await page.getByRole('heading', { name: 'AcmeSSO (simulated)' }).waitFor()
  return state
}

const REFUSED = /not to a sign-in that this page began/

test('an answer that this page did not ask for signs nobody in', () =>
  openPortal(browser, async (page) => {
    // What an attacker would have a victim open: a code of the attacker's own account.
    await page.goto(`${portal}?code=somebody-elses&state=guessed`)
    await page.getByText(REFUSED).waitFor()
    const state = await begun(page)
    await page.goto(`${portal}?code=somebody-elses&state=${state}x`)
    await page.getByText(REFUSED).waitFor()
    // The right state came too late: an answer, also a wrong one, is waited for once.
    await page.goto(`${portal}?code=somebody-elses&state=${state}`)
    await page.getByText(REFUSED).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Sign out' }).count(), 0)
  }))

test('an answer that was used is not taken again, and neither is its code', () =>
  openPortal(browser, async (page) => {
    let answered, exchanged
    page.on('request', (request) => {
      if (request.url().startsWith(`${portal}?`)) answered = request.url()
      if (request.url() === `${sandbox.cognitoUrl}/oauth2/token`) exchanged = request.postData()
    })
    await signIn(page, 'alice@acme.example')
    assert.ok(!page.url().includes('code='), 'the code does not stay in the address')
    await page.goto(answered)
    await page.getByText(REFUSED).waitFor()
    const again = await fetch(`${sandbox.cognitoUrl}/oauth2/token`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: exchanged })
    assert.equal(again.status, 400)
    assert.equal((await again.json()).error, 'invalid_grant')
  }))

test('a token that is not for this sign-in signs nobody in', () =>
  openPortal(browser, async (page) => {
    await page.route(`${sandbox.cognitoUrl}/oauth2/token`, async (route) => {
      const answer = await route.fetch()
      const tokens = await answer.json()
      const [header, payload, signature] = tokens.id_token.split('.')
      const claims = JSON.parse(Buffer.from(payload, 'base64url'))
      const replayed = Buffer.from(JSON.stringify({ ...claims, nonce: 'of another sign-in' })).toString('base64url')
      await route.fulfill({ response: answer, json: { ...tokens, id_token: [header, replayed, signature].join('.') } })
    })
    const isRefused = assert.rejects(signIn(page, 'alice@acme.example'), 'there is nothing to sign out of')
    await page.getByText(/a token that is not for this sign-in/).waitFor()
    await page.close()
    await isRefused
  }))

test('signing in leads to the identity provider that the portal knows, and nowhere else', () =>
  openPortal(browser, async (page) => {
    await page.route('**/v1/login?**', (route) => route.fulfill({ json: { authorizeUrl: 'http://evil.example/oauth2/authorize?client_id=x', identityProvider: 'COGNITO' } }))
    await page.goto(portal)
    await page.getByLabel('E-mail address').fill('alice@acme.example')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText(/a place to sign in that it does not know/).waitFor()
    assert.ok(page.url().startsWith(portal))
  }))

test('neither signing in nor signing out leads to another site', async () => {
  const client = { client_id: sandbox.clientId }
  const elsewhere = ['https://evil.example/', 'http://127.0.0.1.evil.example/', 'http://127.0.0.1@evil.example/', '//evil.example/', 'javascript:alert(1)']
  for (const place of elsewhere) {
    const asked = { ...client, response_type: 'code', scope: 'openid', redirect_uri: place, state: 's', identity_provider: 'AcmeSSO' }
    for (const url of [`/oauth2/authorize?${new URLSearchParams(asked)}`, `/logout?${new URLSearchParams({ ...client, logout_uri: place })}`]) {
      const answer = await fetch(sandbox.cognitoUrl + url, { redirect: 'manual' })
      assert.equal(answer.status, 400, url)
      assert.equal(answer.headers.get('location'), null, url)
    }
  }
})

test('no address makes the portal go elsewhere after signing in', () =>
  openPortal(browser, async (page) => {
    await page.goto(`${portal}#//evil.example/`)
    await signIn(page, 'alice@acme.example', { isOpen: true })
    assert.equal(new URL(page.url()).origin, sandbox.publicUrl)
  }))

test('nobody can frame the portal, the documentation or the sign-in', async () => {
  const framer = createServer((request, response) => {
    const frames = [portal, `${sandbox.publicUrl}/docs`, `${sandbox.cognitoUrl}/login?client_id=${sandbox.clientId}`]
    response.writeHead(200, { 'content-type': 'text/html' }).end(frames.map((url) => `<iframe src="${url}"></iframe>`).join(''))
  })
  await new Promise((resolve) => framer.listen(0, '127.0.0.1', resolve))
  try {
    await openPortal(browser, async (page) => {
      const refused = []
      page.on('console', (message) => /frame-ancestors|X-Frame-Options/i.test(message.text()) && refused.push(message.text()))
      await page.goto(`http://127.0.0.1:${framer.address().port}/`)
      await page.waitForLoadState('networkidle')
      assert.equal(refused.length, 3, `each frame is refused: ${refused.join('\n')}`)
      for (const frame of page.frames().slice(1)) assert.equal(await frame.locator('main, input').count(), 0)
    })
  } finally {
    framer.close()
  }
})

test('tokens are in the page’s memory alone', () =>
  openPortal(browser, async (page) => {
    await signIn(page, 'alice@acme.example')
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]))
    assert.ok(!/eyJ/.test(kept), 'no token is kept')
    assert.ok(!/verifier|nonce|"state"/.test(kept), 'nothing of the sign-in is left')
  }))

test('an identity provider that asserts another tenant’s name lets nobody in', () =>
  openPortal(browser, async (page) => {
    await page.getByLabel('E-mail address').fill('gina@globex.example')
    await page.getByRole('button', { name: 'Continue' }).click()
    // Both pages ask for an address, and this one's is gina's until it is written over: she is not to be moved to acme.
    await page.getByRole('heading', { name: 'GlobexSSO (simulated)' }).waitFor()
    await page.getByLabel('E-mail address').fill('mallory@globex.example')
    await page.getByLabel('customerName').fill('Acme Customer 1')
    await page.getByRole('button', { name: 'Assert' }).click()
    await page.getByText(/You did not sign in the way your organisation does/).waitFor()
    assert.equal(await page.getByRole('navigation').getByRole('link').count(), 0, 'no page is offered')
  }))

test('signing out ends the session at the identity provider, and what could renew it', () =>
  openPortal(browser, async (page) => {
    const exchanged = page.waitForResponse(`${sandbox.cognitoUrl}/oauth2/token`)
    await signIn(page, 'alice@acme.example')
    const { refresh_token } = await (await exchanged).json()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(portal)
    await page.getByLabel('E-mail address').fill('alice@acme.example')
    await page.getByRole('button', { name: 'Continue' }).click()
    // A session that was still there would not ask.
    await page.getByRole('button', { name: 'alice@acme.example' }).waitFor()
    const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: sandbox.clientId, refresh_token })
    const renewed = await fetch(`${sandbox.cognitoUrl}/oauth2/token`, { method: 'POST', body })
    assert.deepEqual([renewed.status, (await renewed.json()).error], [400, 'invalid_grant'])
  }))
