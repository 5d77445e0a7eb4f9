// Who is signed in? By authorization code with PKCE. Tokens live in this module's memory and nowhere else; what outlives a
// trip to the identity provider is only what is needed to take the answer back, and it is used once.
import { Unreachable } from './failures.js'
import { challengeOf, claimsOf, random } from './proof.js'

/** What is waited for from the identity provider. */
const PENDING = 'sign-in'
/** Who was signed in, so that a page that is loaded again signs in again by the identity provider's own session. */
const REMEMBERED = 'signed-in'

/** Seconds before its end in which a token is renewed. */
const MARGIN = 60

let signedIn
let renewing

/** Asks whoever may be away: too busy is away, too. */
async function reach(name, url, options) {
  const answer = await fetch(url, options).catch((cause) => {
    throw new Unreachable(`${name} cannot be reached. Check your connection.`, { cause })
  })
  if (answer.status < 500 && answer.status !== 429) return answer
  throw new Unreachable(`${name} is interrupted for a moment. Try again soon.`)
}

/** Where people may sign in, and whose tokens they come back with. */
const settings = async () => (await reach('The gateway', 'settings.json')).json()

const redirectUri = () => new URL('./', location.href.split(/[?#]/)[0]).href

/** The sign-in failed; its message is for people. */
export class SignInFailed extends Error {
  isForPeople = true
}

/** Where this person signs in, as the gateway says. */
async function placeOf(email) {
  const answer = await reach('The gateway', `../v1/login?${new URLSearchParams({ email })}`, { cache: 'no-store' })
  const said = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new SignInFailed(said.errors?.[0] ? `Your e-mail address ${said.errors[0].detail}.` : (said.detail ?? 'Signing in is not possible now.'))
  const url = new URL(said.authorizeUrl)
  const { hostedUis } = await settings()
  if (!hostedUis.includes(url.origin)) throw new SignInFailed('The gateway names a place to sign in that it does not know.')
  return url
}

/** Leaves the page to sign in. Comes back to it, and there to what it showed. */
export async function begin(email) {
  const url = await placeOf(email)
  const [state, nonce, verifier] = [random(), random(), random()]
  const pending = { state, nonce, verifier, email, hostedUi: url.origin, clientId: url.searchParams.get('client_id'), shown: location.hash }
  sessionStorage.setItem(PENDING, JSON.stringify(pending))
  const asked = { state, nonce, redirect_uri: redirectUri(), code_challenge: await challengeOf(verifier), code_challenge_method: 'S256', login_hint: email }
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value)
  location.assign(url)
}

/** Takes what can be used once. */
function take(name) {
  const text = sessionStorage.getItem(name)
  sessionStorage.removeItem(name)
  return text === null ? undefined : JSON.parse(text)
}

/**
 * Takes the identity provider's answer, when the page was opened with one. Whatever comes of it, neither the answer in the
 * address nor what it was waited for with can be used again.
 */
export async function finish() {
  const answer = new URLSearchParams(location.search)
  if (!answer.has('state') && !answer.has('code') && !answer.has('error')) return
  const pending = take(PENDING)
  const shown = pending?.shown?.startsWith('#/') ? pending.shown : ''
  history.replaceState(null, '', location.pathname + shown)
  if (!pending || pending.state !== answer.get('state')) {
    throw new SignInFailed('This answer of the identity provider is not to a sign-in that this page began. Sign in again.')
  }
  if (answer.has('error')) {
    throw new SignInFailed(`The identity provider said: ${(answer.get('error_description') ?? answer.get('error')).slice(0, 300)}`)
  }
  const tokens = await exchange(pending, {
    grant_type: 'authorization_code',
    code: answer.get('code') ?? '',
    redirect_uri: redirectUri(),
    code_verifier: pending.verifier,
  })
  const claims = claimsOf(tokens.id_token)
  const { issuers } = await settings()
  const isOurs = claims.nonce === pending.nonce && claims.aud === pending.clientId && issuers.includes(claims.iss)
  if (!isOurs) throw new SignInFailed('The identity provider sent a token that is not for this sign-in. Sign in again.')
  keep(pending, tokens)
  sessionStorage.setItem(REMEMBERED, JSON.stringify(pending.email))
}

/** Signs in again after the page was loaded again, by the identity provider's own session. Tells whether it tries to. */
export async function resume() {
  const email = take(REMEMBERED)
  if (!email) return false
  await begin(email)
  return true
}

async function exchange({ hostedUi, clientId }, parameters) {
  const answer = await reach('The identity provider', `${hostedUi}/oauth2/token`, {
    method: 'POST',
    credentials: 'omit',
    body: new URLSearchParams({ client_id: clientId, ...parameters }),
  })
  if (!answer.ok) {
    const { error } = await answer.json().catch(() => ({}))
    throw new SignInFailed(`The identity provider refused the sign-in (${error ?? answer.status}). Sign in again.`)
  }
  return answer.json()
}

function keep({ hostedUi, clientId, email }, tokens) {
  const claims = claimsOf(tokens.id_token)
  signedIn = {
    hostedUi,
    clientId,
    email: claims.email ?? email,
    token: tokens.id_token,
    refreshToken: tokens.refresh_token ?? signedIn?.refreshToken,
    // By this machine's own clock, which may differ from the identity provider's.
    renewAt: Date.now() + (tokens.expires_in - MARGIN) * 1000,
  }
}

/** Who is signed in: `{email}`. */
export const person = () => signedIn

/** The token to show to the gateway. */
export async function token() {
  if (signedIn && Date.now() >= signedIn.renewAt) await renew()
  return signedIn?.token
}

/** Brings a new token, once for however many ask. Tells whether there is one. */
export function renew() {
  renewing ??= renewed().finally(() => (renewing = undefined))
  return renewing
}

async function renewed() {
  const mine = signedIn
  if (!mine?.refreshToken) return false
  try {
    const tokens = await exchange(mine, { grant_type: 'refresh_token', refresh_token: mine.refreshToken })
    // Who signed out meanwhile stays so.
    if (signedIn !== mine) return false
    keep(mine, tokens)
    return true
  } catch (error) {
    if (error instanceof Unreachable) throw error
    // What was refused once is refused again.
    mine.refreshToken = undefined
    return false
  }
}

/** Signs out here and at the identity provider: leaves the page. */
export function signOut() {
  const { hostedUi, clientId, refreshToken } = signedIn
  signedIn = undefined
  sessionStorage.removeItem(REMEMBERED)
  if (refreshToken) {
    const revocation = new URLSearchParams({ client_id: clientId, token: refreshToken })
    // It outlives the page, which does not wait: signed out is also who cannot be told so.
    fetch(`${hostedUi}/oauth2/revoke`, { method: 'POST', credentials: 'omit', body: revocation, keepalive: true }).catch(() => {})
  }
  location.assign(`${hostedUi}/logout?${new URLSearchParams({ client_id: clientId, logout_uri: redirectUri() })}`)
}
