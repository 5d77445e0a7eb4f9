// Does Uppy 5 take the gateway for its Companion?
import { journeys } from '../harness/journeys.js'

journeys('uppy5-companion')
