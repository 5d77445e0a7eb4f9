// How does the gateway hear of a transfer? It grants it, completes it, and takes it back.
import { ask, del, post } from './api.js'
import { Refusal } from './failures.js'
import { base64 } from './hash.js'
import { persist } from './patience.js'

/** The type that a file has whose type the browser does not know. */
export const typeOf = (file) => file.type || 'application/octet-stream'

/**
 * Asks for a grant. Under the same key the gateway answers the same upload again, with a fresh URL, so an answer that was lost
 * makes no second one. It is not broken off: what was granted must be known, to be taken back.
 */
export async function create(transfer, signal) {
  const { file, collection, digest, key } = transfer
  const body = {
    fileName: file.name,
    contentType: typeOf(file),
    size: file.size,
    collection: collection || undefined,
    metadata: { lastModified: String(file.lastModified) },
    ...(transfer.isInParts ? { method: 'multipart' } : { method: 'put', checksum: { algorithm: 'SHA256', value: base64(digest) } }),
  }
  const granted = await post('/v1/uploads', body, { headers: { 'idempotency-key': key } })
  transfer.upload = granted
  signal.throwIfAborted()
  return granted
}

/** Has the gateway look at what S3 got. */
export async function complete(transfer, signal, parts) {
  transfer.become('finishing')
  const path = `/v1/uploads/${transfer.upload.id}/complete`
  transfer.upload = await persist(() => post(path, parts && { parts }, { signal }), transfer.patience(signal))
}

/** Ends a grant: what S3 got of it goes. */
export async function takeBack(id) {
  try {
    await del(`/v1/uploads/${id}`)
  } catch (error) {
    const isOver = error instanceof Refusal && ['not-found', 'already-ended'].includes(error.kind)
    if (!isOver) throw error
  }
}

/** The parts that S3 has, by number. */
export async function storedParts(id, signal) {
  const answer = await ask('GET', `/v1/uploads/${id}/parts`, { signal })
  const { parts } = await answer.json()
  return new Map(parts.map((part) => [part.partNumber, part]))
}
