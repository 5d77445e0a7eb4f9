// How does the page get a file's SHA-256 without standing still? From a worker of its own.
import { Unreachable } from './failures.js'
import { FileGone } from './wire.js'

const WORKER = new URL('./hash-worker.js', import.meta.url).href
const source = globalThis.trustedTypes
  ? trustedTypes.createPolicy('worker', { createScriptURL: () => WORKER }).createScriptURL('')
  : WORKER

/** The 32 bytes. `onRead` hears how many bytes of the file were read. */
export function sha256Of(file, { signal, onRead }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const worker = new Worker(source, { type: 'module' })
    const end = (settle, value) => {
      worker.terminate()
      signal.removeEventListener('abort', abort)
      settle(value)
    }
    const abort = () => end(reject, signal.reason)
    signal.addEventListener('abort', abort)
    // It is a file like the others, and is fetched when it is first needed.
    worker.onerror = () => end(reject, new Unreachable('What reads files could not be loaded. Check your connection.'))
    worker.onmessage = ({ data: { read, digest, isUnreadable } }) => {
      if (isUnreadable) end(reject, new FileGone())
      else if (digest) end(resolve, digest)
      else onRead(read)
    }
    worker.postMessage(file)
  })
}

/** As the gateway and S3 write it. */
export const base64 = (bytes) => btoa(String.fromCharCode(...bytes))

/** As `sha256sum` writes it. */
export const hexadecimal = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
