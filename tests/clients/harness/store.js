// What does the sandbox's S3 keep? Its records are read from its files, for nobody but its own admin may list the bucket.
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { dataDirectory, sandbox } from './sandbox.js'

/** The keys of the objects, and of the unfinished multipart uploads, that end in this name. */
export async function kept(fileName) {
  const keys = async (kind) => {
    const folder = path.join(dataDirectory, 's3', sandbox.bucket, kind)
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
    // One may go between the listing and the reading.
    const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8').catch(() => '{"key":""}')))
    return texts.map((text) => JSON.parse(text).key).filter((key) => key.endsWith(`/${fileName}`))
  }
  return { objects: await keys('objects'), unfinished: await keys('uploads') }
}
