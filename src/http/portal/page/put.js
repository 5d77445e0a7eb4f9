// How does a small file travel? In one request, with its SHA-256 in the grant: S3 takes these bytes or none.
import { complete, create } from './grant.js'
import { sha256Of } from './hash.js'
import { persist } from './patience.js'
import { send } from './wire.js'

/** Reads, sends and completes it. `slot` is the gate of requests. */
export async function sendAtOnce(transfer, { signal, slot }) {
  if (!transfer.digest) {
    const reading = () => sha256Of(transfer.file, { signal, onRead: (read) => transfer.readSoFar(read) })
    transfer.digest = await persist(reading, transfer.patience(signal))
  }
  transfer.become('sending')
  const onProgress = (bytes) => transfer.onItsWay(1, bytes)
  // A grant for each try, for the URL may be the reason why the one before failed.
  const attempt = async () => {
    let granted = await create(transfer, signal)
    if (!granted.request && granted.status !== 'completed') {
      transfer.forget()
      granted = await create(transfer, signal)
    }
    // Without a request, S3's own event of the object was sooner than its answer.
    if (granted.request) await send(granted.request, transfer.file, { signal, onProgress })
  }
  try {
    await persist(() => slot(attempt, signal), transfer.patience(signal))
  } catch (error) {
    // The object is there: this page put it there, and did not hear so.
    if (error.status !== 412) throw error
  }
  transfer.arrived(1, transfer.file.size)
  await complete(transfer, signal)
}
