// Does the page that everybody once copied from the tutorial still upload?
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch, onPage } from '../harness/browser.js'
import { KiB, withFile } from '../harness/files.js'
import { assertArrived } from '../harness/journeys.js'
import { origin, sandbox, signIn } from '../harness/sandbox.js'

let browser
before(async () => (browser = await launch()))
after(() => browser?.close())

test('the tutorial: its file arrives, and S3 says so', () =>
  withFile(70 * KiB, async (file) => {
    const token = await signIn('alice@acme.example')
    const settings = new URLSearchParams({ gateway: sandbox.publicUrl, token })
    await onPage(browser, `${origin}/tutorial.html#${settings}`, async (page) => {
      await page.setInputFiles('input', file.path)
      await page.waitForFunction(() => document.querySelector('output').value)
      const upload = await assertArrived(token, file)
      assert.equal(await page.locator('output').evaluate((output) => output.value), upload.object_key)
    })
  }))
