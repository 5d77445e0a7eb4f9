// Does Uppy 6 upload when the gateway signs each of its requests?
import { journeys } from '../harness/journeys.js'

journeys('uppy6-sign-request')
