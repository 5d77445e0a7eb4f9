// Which files do people upload? Random ones, each under a name of its own.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

export const KiB = 1024
export const MiB = 1024 * KiB

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

/** A new file, for as long as `use` takes. It ends in that, and is the only one with its name. */
export async function withFile(size, use, { ending = '.bin', bytes = randomBytes(size) } = {}) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'upload-gateway-client.'))
  try {
    const name = `${randomUUID()}${ending}`
    await writeFile(path.join(folder, name), bytes)
    return await use({ name, size, path: path.join(folder, name), digest: sha256(bytes) })
  } finally {
    await rm(folder, { recursive: true })
  }
}
