// How does the portal ask the gateway? With the signed-in person's token, and with refusals as errors.
import { Refusal, Unreachable } from './failures.js'
import { renew, token } from './session.js'

/** Milliseconds that an answer may take to begin. The gateway gives up after 15 seconds, unless it is set otherwise. */
const LONGEST = 120_000

/** The answer as it came, of a request that was not refused. */
export async function ask(method, path, { body, headers, signal } = {}) {
  const send = async () => {
    const bearer = await token()
    const overdue = new AbortController()
    const watch = setTimeout(() => overdue.abort(), LONGEST)
    return fetch(`..${path}`, {
      method,
      signal: AbortSignal.any([overdue.signal, signal].filter(Boolean)),
      cache: 'no-store',
      headers: {
        ...(bearer && { authorization: `Bearer ${bearer}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    }).catch((error) => {
      if (signal?.aborted) throw error
      throw new Unreachable('The gateway cannot be reached. Check your connection.', { cause: error })
    }).finally(() => clearTimeout(watch))
  }
  let answer = await send()
  // The clock of this machine may say that a token is good when it is not.
  if (answer.status === 401 && (await renew())) answer = await send()
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}))
    throw new Refusal(answer.status, problem, answer.headers.get('retry-after'))
  }
  return answer
}

const json = async (...request) => {
  const answer = await ask(...request)
  return answer.status === 204 ? undefined : answer.json()
}

/** Query parameters, of which the empty ones are left out. */
export const query = (parameters) => {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== '')
  return given.length ? `?${new URLSearchParams(given)}` : ''
}

export const get = (path, options) => json('GET', path, options)
export const post = (path, body, options) => json('POST', path, { ...options, body })
export const patch = (path, body) => json('PATCH', path, { body })
export const del = (path) => json('DELETE', path)
