// Can this file be uploaded at all? Asked before it is read, and answered as the gateway would. The gateway decides.
import { Refusal } from './failures.js'
import { typeOf } from './grant.js'

const allows = (pattern, type) => {
  const essence = type.split(';')[0].trim().toLowerCase()
  return pattern === '*/*' || pattern.toLowerCase() === essence || (pattern.endsWith('/*') && essence.startsWith(pattern.slice(0, -1).toLowerCase()))
}

/** What the gateway would refuse, as far as it can be told from here; undefined when nothing. */
export function refusalOf(file, limits) {
  const errors = []
  if (file.size === 0) errors.push({ pointer: '/size', detail: 'must be at least 1 byte' })
  if (file.size > limits.maxUploadBytes) {
    errors.push({ pointer: '/size', detail: `must be at most ${limits.maxUploadBytes} bytes, the tenant's limit` })
  }
  if (!limits.allowedContentTypes.some((pattern) => allows(pattern, typeOf(file)))) {
    errors.push({ pointer: '/contentType', detail: `must be one of the tenant's types: ${limits.allowedContentTypes.join(', ')}` })
  }
  return errors.length > 0 ? new Refusal(422, { errors }) : undefined
}
