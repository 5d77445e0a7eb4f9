// Does Uppy 5 upload with temporary credentials, which it uses at AWS's own address alone?
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch, onPage } from '../harness/browser.js'
import { withFile } from '../harness/files.js'
import { begin, journeys } from '../harness/journeys.js'
import { uploadsNamed } from '../harness/ledger.js'
import { changeTenant, sandbox, signIn } from '../harness/sandbox.js'
import { awsHost } from '../harness/tls.js'

const aws = await awsHost()
before(() => changeTenant('acme', { credentialVending: true }))
after(() => aws.close())

journeys('uppy5-credentials', { flags: aws.flags })

test('uppy5-credentials: a single PUT, for which it makes up a key without a prefix, is refused by S3', async () => {
  const browser = await launch(aws.flags)
  try {
    // S3 refuses before it has read the body, and closes the connection on one that is still on its way: so it is a tiny one.
    await withFile(100, (file) =>
      onPage(browser, 'uppy5-credentials', async (page) => {
        const settings = { gateway: sandbox.publicUrl, token: await signIn('alice@acme.example'), shouldUseMultipart: false }
        const seen = await begin(page, file, settings)
        assert.equal(seen.successful, 0)
        assert.match(aws.refusals.at(-1), /^403 .*<Code>AccessDenied</s)
        assert.deepEqual(await uploadsNamed(file.name), [])
      }))
  } finally {
    await browser.close()
  }
})
