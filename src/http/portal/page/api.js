// How does the portal ask the gateway? With the signed-in person's token, and with refusals as errors.
import { renew, token } from './session.js'

/** What the gateway said instead of what was asked for: a problem document (RFC 9457). */
export class Refusal extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.detail ?? problem.title ?? `The gateway answered ${status}.`)
    this.status = status
    /** The last word of the problem's type, such as `tenant-suspended`. */
    this.kind = String(problem.type ?? '').split('/').pop()
    /** What is wrong with which member of the request: `{pointer, detail}`. */
    this.faults = Array.isArray(problem.errors) ? problem.errors : []
    this.requestId = problem.instance
    /** Seconds to wait, where waiting helps. */
    this.retryAfter = Number(retryAfter) || undefined
  }
}

/** The gateway, or the way to it, is away. */
export class Unreachable extends Error {}

/** The answer as it came, of a request that was not refused. */
export async function ask(method, path, { body, headers, signal } = {}) {
  const send = async () => {
    const bearer = await token()
    return fetch(`..${path}`, {
      method,
      signal,
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
    })
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
