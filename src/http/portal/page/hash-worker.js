// What is a file's SHA-256? It is read and reckoned here, beside the page, which stays quick meanwhile.
import { Sha256 } from './sha256.js'

const PIECE = 2 * 1024 * 1024

addEventListener('message', async ({ data: file }) => {
  try {
    const hash = new Sha256()
    for (let at = 0; at < file.size; at += PIECE) {
      hash.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()))
      postMessage({ read: Math.min(at + PIECE, file.size) })
    }
    postMessage({ digest: hash.digest() })
  } catch {
    postMessage({ isUnreadable: true })
  }
})
