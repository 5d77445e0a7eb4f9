// Does Uppy 6 upload with temporary credentials, and does the gateway learn of it from S3?
import { before } from 'node:test'
import { journeys } from '../harness/journeys.js'
import { changeTenant } from '../harness/sandbox.js'

before(() => changeTenant('acme', { credentialVending: true }))
journeys('uppy6-credentials', { granted: false })
