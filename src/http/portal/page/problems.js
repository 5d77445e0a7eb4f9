// What does a person read when something is refused? Words for each problem document that the portal can meet.
import { Refusal, Unreachable } from './failures.js'
import { bytes, duration } from './format.js'

const WORDS = {
  'invalid-token': 'Your sign-in has ended. Sign out, and sign in again.',
  'tenant-claim-missing': 'Your account belongs to no organisation. Ask your administrator to add you to one.',
  'tenant-unknown': 'Your organisation is not registered here. Ask your administrator.',
  'tenant-suspended': 'Your organisation is suspended, so nothing can be uploaded or read at present. Ask the platform’s support.',
  'identity-provider-mismatch': 'You did not sign in the way your organisation does. Sign out, and sign in with your work address.',
  'role-missing': 'You may not do this. An administrator may.',
  'quota-exceeded': 'Your organisation has used up its storage for this month.',
  'not-found': 'This is not there any more.',
  'already-ended': 'This upload has ended already.',
  'object-missing': 'The file has not arrived yet. Send it again.',
  'part-missing': 'A piece of the file has not arrived yet. Send it again.',
  'grant-broken': 'What arrived is not what was announced, so it was refused. Was the file changed while it was sent?',
  'taken': 'Somebody else has this already.',
  'search-too-wide': 'There is too much to look through. Say from when, and before when.',
  'rate-limited': 'Too many requests at once.',
  'unavailable': 'The service is interrupted for a moment.',
  'internal': 'Something went wrong at our end.',
  'sign-in-not-configured': 'Signing in is not set up here.',
}

/** What a member of a request is called on the page. */
const MEMBERS = {
  '?upload': 'The upload’s id', '?subject': 'Who', '?action': 'The action’s name', '?from': 'The beginning', '?to': 'The end',
  '/size': 'The size', '/fileName': 'The name', '/contentType': 'The type', '/collection': 'The collection', '/name': 'The name',
  '/slug': 'The short name', '/limits/maxUploadBytes': 'The largest file', '/limits/monthlyBytes': 'The month’s bytes',
  '/limits/requestsPerMinute': 'The requests a minute', '/limits/allowedContentTypes': 'The allowed types',
  '/identityProvider': 'The identity provider', '/claimValues': 'The claim values', '/emailDomains': 'The e-mail domains',
}

/** `5368709120 bytes` as `5.4 GB`. */
const readable = (detail) => detail.replace(/\b\d{4,15} bytes\b/g, (size) => bytes(parseInt(size, 10))).replace('the tenant\'s', 'your organisation’s')

/** What is wrong with one member of a request. */
export const sentence = ({ pointer, detail }) => {
  const [, member, index] = /^(.*?)(?:\/(\d+))?$/.exec(pointer) ?? []
  const named = MEMBERS[member] ?? pointer.replace(/^[/?]/, '')
  return `${named}${index === undefined ? '' : ` (number ${Number(index) + 1})`} ${readable(detail)}.`
}

/** A sentence or two for a person. */
export function words(error) {
  if (!(error instanceof Refusal)) {
    return error instanceof Unreachable || error.isForPeople ? error.message : `Something went wrong on this page: ${error.message}`
  }
  const said = [WORDS[error.kind], ...error.faults.map(sentence)].filter(Boolean)
  if (said.length === 0) said.push(error.message)
  if (error.retryAfter) said.push(`Try again in ${duration(error.retryAfter)}.`)
  if (error.status >= 500 && error.requestId) said.push(`Support can find it by ${error.requestId}.`)
  return said.join(' ')
}
