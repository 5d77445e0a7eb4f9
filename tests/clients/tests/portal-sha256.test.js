// Is the portal's own SHA-256 the one of everybody else?
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

// Beside the page there is no package.json to say that it is a module.
const text = readFileSync(new URL('../../../src/http/portal/page/sha256.js', import.meta.url))
const { Sha256 } = await import(`data:text/javascript;base64,${text.toString('base64')}`)

const hexadecimal = (bytes) => Buffer.from(bytes).toString('hex')
const known = (bytes) => createHash('sha256').update(bytes).digest('hex')

test('the vectors of FIPS 180-4', () => {
  const vectors = {
    '': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    abc: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq: '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  }
  for (const [input, digest] of Object.entries(vectors)) {
    assert.equal(hexadecimal(new Sha256().update(Buffer.from(input)).digest()), digest)
  }
})

test('every length around the ends of blocks, and a mebibyte', () => {
  for (const length of [...Array(200).keys(), 1023, 1024, 1025, 1 << 20]) {
    const bytes = randomBytes(length)
    assert.equal(hexadecimal(new Sha256().update(bytes).digest()), known(bytes), `${length} bytes`)
  }
})

test('pieces of any length make the same as the whole', () => {
  const bytes = randomBytes(3000)
  for (const piece of [1, 3, 55, 56, 63, 64, 65, 127, 1000]) {
    const hash = new Sha256()
    for (let at = 0; at < bytes.length; at += piece) hash.update(bytes.subarray(at, at + piece))
    assert.equal(hexadecimal(hash.digest()), known(bytes), `pieces of ${piece}`)
  }
})

test('more bits than fit into 32', () => {
  const [piece, hash, other] = [Buffer.alloc(1 << 24, 'x'), new Sha256(), createHash('sha256')]
  for (let n = 0; n < 33; n++) {
    hash.update(piece)
    other.update(piece)
  }
  assert.equal(hexadecimal(hash.digest()), other.digest('hex'))
})
