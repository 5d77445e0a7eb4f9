// Does the native API suit a client that was written for another?
import { MiB } from '../harness/files.js'
import { journeys } from '../harness/journeys.js'

journeys('uppy5-own-functions', { settings: { partSize: 16 * MiB }, parts: 2 })
