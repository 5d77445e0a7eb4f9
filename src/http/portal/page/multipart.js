// How does a large file travel? In parts, so that what has arrived need not be sent again, today or in a page of tomorrow.
import { post } from './api.js'
import { complete, create, storedParts } from './grant.js'
import { sha256Of } from './hash.js'
import { persist } from './patience.js'
import { send } from './wire.js'

/** Parts of one file that are sent side by side, when no other file is. */
const LANES = 4

/** Sends what S3 does not have yet, and completes it. `slot` is the gate of requests. */
export async function sendInParts(transfer, { signal, slot }) {
  reckon(transfer, signal)
  if (!transfer.upload) await persist(() => create(transfer, signal), transfer.patience(signal))
  const { id } = transfer.upload
  const urls = new Urls(id, signal)
  const parts = await persist(() => storedParts(id, signal), transfer.patience(signal))
  // What is signed for the first part says how the file is cut, whichever page began it.
  const first = await persist(() => urls.take(1), transfer.patience(signal))
  const partSize = Number(first.headers['content-length'])
  const missing = []
  for (let number = 1; (number - 1) * partSize < transfer.file.size; number++) {
    if (parts.has(number)) transfer.arrived(number, parts.get(number).size)
    else missing.push(number)
  }
  await inLanes(missing, signal, async (partNumber, lane) => {
    const body = transfer.file.slice((partNumber - 1) * partSize, partNumber * partSize)
    const onProgress = (bytes) => transfer.onItsWay(partNumber, bytes)
    // A URL for each try, for it may be the reason why the one before failed.
    const attempt = async () => send(await urls.take(partNumber), body, { signal: lane, onProgress })
    const etag = await persist(() => slot(attempt, lane), transfer.patience(lane))
    parts.set(partNumber, { partNumber, etag })
    transfer.arrived(partNumber, body.size)
  })
  const all = [...parts.values()].sort((one, other) => one.partNumber - other.partNumber)
  await complete(transfer, signal, all.map(({ partNumber, etag }) => ({ partNumber, etag })))
}

/**
 * Reckons the SHA-256 beside the sending. S3 keeps none of such an object, so it is for the person alone, and its failure is
 * none of the upload's.
 */
function reckon(transfer, signal) {
  if (transfer.digest) return
  const keep = (digest) => {
    transfer.digest = digest
    transfer.tell()
  }
  sha256Of(transfer.file, { signal, onRead: () => {} }).then(keep, () => {})
}

/** Works through the numbers, several at once. The first failure ends all. */
async function inLanes(numbers, signal, work) {
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const lane = async () => {
    while (numbers.length > 0) {
      either.throwIfAborted()
      await work(numbers.shift(), either)
    }
  }
  const lanes = Array.from({ length: LANES }, lane)
  try {
    await Promise.all(lanes)
  } catch (error) {
    failed.abort(error)
    await Promise.allSettled(lanes)
    throw error
  }
}

/** The signed URLs of an upload's parts, asked for together when they are wanted together, and used at once: they live for minutes. */
class Urls {
  #wanted = new Set()
  #asking

  constructor(id, signal) {
    Object.assign(this, { id, signal })
  }

  /** A new one for that part. */
  async take(number) {
    this.#wanted.add(number)
    this.#asking ??= Promise.resolve().then(() => this.#ask())
    const answered = await this.#asking
    return answered.get(number)
  }

  async #ask() {
    const partNumbers = [...this.#wanted]
    this.#wanted.clear()
    this.#asking = undefined
    const { parts } = await post(`/v1/uploads/${this.id}/parts`, { partNumbers }, { signal: this.signal })
    return new Map(parts.map((part) => [part.partNumber, part]))
  }
}
