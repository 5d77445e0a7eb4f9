// What can a request come back with instead of an answer?

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

/** Who was asked, or the way there, is away. Another time may do. */
export class Unreachable extends Error {}
