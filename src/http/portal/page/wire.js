// How do bytes go to S3? By XMLHttpRequest, because `fetch` tells nothing of how far it got.
import { Unreachable } from './failures.js'

/** Milliseconds without a sign of life after which a connection counts as lost: many end without a word. */
const STILL = 60_000

/** The file cannot be read any more. */
export class FileGone extends Error {
  isForPeople = true
  constructor() {
    super('The file cannot be read. It was changed, moved or deleted after it was chosen: choose it again.')
  }
}

const WORDS = {
  BadDigest: 'What arrived is not what was read. The file was changed while it was sent: choose it again.',
  NoSuchUpload: 'The storage does not know this upload any more. Try again to send the file from its beginning.',
}

/** S3 said no. `code` is S3's own name for the reason. */
export class StoreRefusal extends Error {
  isForPeople = true
  constructor(status, code, retryAfter) {
    super(WORDS[code] ?? `The storage refused the file (${code || status}).`)
    this.status = status
    this.code = code
    /** Seconds to wait, where waiting helps. */
    this.retryAfter = Number(retryAfter) || undefined
  }

  /** The URL is too old, or what it was signed with is: a fresh one may do. */
  get isStale() {
    return this.status === 403 || this.code === 'ExpiredToken'
  }
}

/** Tells a file that changed from a connection that broke: to a browser both are a failed request. */
async function lost(body) {
  try {
    await body.slice(0, 1).arrayBuffer()
  } catch {
    return new FileGone()
  }
  return new Unreachable('The connection was lost while the file was sent.')
}

/** Sends the body to a signed URL; returns the entity tag. `onProgress` hears how many bytes are on their way or there. */
export function send({ url, headers }, body, { signal, onProgress }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const request = new XMLHttpRequest()
    const abort = () => {
      request.abort()
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort)
    let watch
    const moves = () => {
      clearTimeout(watch)
      watch = setTimeout(() => {
        request.abort()
        reject(new Unreachable('The connection stands still.'))
      }, STILL)
    }
    request.onloadend = () => {
      clearTimeout(watch)
      signal.removeEventListener('abort', abort)
    }
    onProgress(0)
    request.upload.onprogress = ({ loaded }) => {
      moves()
      onProgress(loaded)
    }
    request.onerror = () => lost(body).then(reject)
    request.onload = () => {
      if (request.status < 300) return resolve(request.getResponseHeader('etag'))
      const code = /<Code>(\w+)<\/Code>/.exec(request.responseText)?.[1]
      reject(new StoreRefusal(request.status, code, request.getResponseHeader('retry-after')))
    }
    request.open('PUT', url)
    for (const [name, value] of Object.entries(headers)) {
      // A browser sets the length by itself, and lets no page do so.
      if (name !== 'content-length') request.setRequestHeader(name, value)
    }
    moves()
    request.send(body)
  })
}
