// Does Uppy 6 take the gateway for its Companion, for as long as its session lives?
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch, onPage } from '../harness/browser.js'
import { KiB, withFile } from '../harness/files.js'
import { assertArrived, begin, journeys } from '../harness/journeys.js'
import { uploadsNamed } from '../harness/ledger.js'
import { call, sandbox, signIn } from '../harness/sandbox.js'

journeys('uppy6-companion')

let browser, token
before(async () => {
  browser = await launch()
  token = await signIn('alice@acme.example')
})
after(() => browser?.close())

const upload = (file, companionEndpoint) =>
  onPage(browser, 'uppy6-companion', (page) => begin(page, file, { gateway: sandbox.publicUrl, token, companionEndpoint }))

test('uppy6-companion: a slash at the end of the address does not matter', () =>
  withFile(70 * KiB, async (file) => {
    const { companionEndpoint } = await call(token, 'POST', '/v1/uppy-sessions')
    const seen = await upload(file, `${companionEndpoint}/`)
    assert.deepEqual(seen.failed, [])
    await assertArrived(token, file)
  }))

test('uppy6-companion: a session that was ended uploads nothing more', () =>
  withFile(70 * KiB, async (file) => {
    const { id, companionEndpoint } = await call(token, 'POST', '/v1/uppy-sessions')
    await call(token, 'DELETE', `/v1/uppy-sessions/${id}`)
    const seen = await upload(file, companionEndpoint)
    assert.equal(seen.successful, 0)
    assert.match(seen.failed[0], /Companion request failed/)
    assert.deepEqual(await uploadsNamed(file.name), [])
  }))
