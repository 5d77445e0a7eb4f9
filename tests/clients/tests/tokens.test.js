// Is any token taken that AWS's own library refuses? Thousands are made out of good ones, and both judge each.
import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import { JwtVerifier } from 'aws-jwt-verify'
import { validateCognitoJwtFields } from 'aws-jwt-verify/cognito-verifier'
import { forger, numbers } from '../harness/forger.js'
import { dataDirectory, sandbox, signIn } from '../harness/sandbox.js'

/** As many as make `ROUNDS` of every way. */
const ROUNDS = Number(process.env.TOKEN_ROUNDS ?? 150)
// The same tokens each time, but for keys and times; another seed makes others.
const SEED = Number(process.env.TOKEN_SEED ?? 1)
const AT_ONCE = 16
/** What the gateway forgives a clock: `auth.leeway`. */
const LEEWAY = 30

const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })

/** Longer than what the gateway reads of a token: it may hang up on whoever goes on sending. */
const LONG = 16_384

/** The gateway's answer; fetch would not send some of these, and some can stand in no header. */
const asked = (token) => new Promise((resolve, reject) => {
  if (!/^[\x21-\x7e]*$/.test(token)) return resolve(401)
  const url = new URL('/v1/me', sandbox.publicUrl)
  const isLong = token.length > LONG
  const asking = request(url, { agent: isLong ? false : agent, headers: { authorization: `Bearer ${token}` } }, (answer) => {
    answer.resume()
    answer.on('end', () => resolve(answer.statusCode))
  })
  asking.on('error', (error) => {
    if (isLong && ['ECONNRESET', 'EPIPE'].includes(error.code)) resolve(431)
    // The gateway gave up a connection that had idled, at the very moment at which it was used again.
    else if (asking.reusedSocket && error.code === 'ECONNRESET') asked(token).then(resolve, reject)
    else reject(error)
  })
  asking.end()
})

test('tokens: none is taken that aws-jwt-verify refuses', async () => {
  const jwks = await (await fetch(`${sandbox.issuer}/.well-known/jwks.json`)).json()
  const verifier = JwtVerifier.create({
    issuer: sandbox.issuer, audience: null, graceSeconds: LEEWAY, jwksUri: `${sandbox.issuer}/.well-known/jwks.json`,
    customJwtCheck: ({ payload }) => validateCognitoJwtFields(payload, { tokenUse: null, clientId: sandbox.clientId }),
  })
  verifier.cacheJwks(jwks)
  const isRight = (token) => {
    try {
      verifier.verifySync(token)
      return true
    } catch {
      return false
    }
  }

  const issued = await signIn('alice@acme.example')
  const [header, claims] = issued.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')))
  const pems = readFileSync(`${dataDirectory}/cognito-keys.json`, 'utf8').match(/-----BEGIN[^]*?-----END [A-Z ]+-----/g)
  const modulus = jwks.keys.find(({ kid }) => kid === header.kid).n
  const key = pems.map((pem) => createPrivateKey(pem)).find((key) => createPublicKey(key).export({ format: 'jwk' }).n === modulus)
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const random = numbers(SEED)
  const { good, ways, make } = forger({ claims, key, kid: header.kid, stranger, now: claims.iat, random })
  for (const token of [issued, good]) {
    assert.ok(isRight(token), 'the library takes a good one')
    assert.equal(await asked(token), 200, 'and so do we')
  }

  const wanted = Object.keys(ways).flatMap((way) => Array.from({ length: ROUNDS }, () => way))
  const judged = []
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    const made = wanted.slice(from, from + AT_ONCE).map((way) => ({ way, token: make(way) }))
    judged.push(...await Promise.all(made.map(async ({ way, token }) => ({ way, token, right: isRight(token), status: await asked(token) }))))
  }
  // 403 is the answer to a good token of nobody we know; 431 to one that no header can hold.
  const isTaken = ({ status }) => status === 200 || status === 403
  for (const one of judged) {
    assert.ok([200, 400, 401, 403, 431].includes(one.status), `${one.status} for ${one.token} (${one.way}, seed ${SEED})`)
    assert.ok(one.right || !isTaken(one), `seed ${SEED}: ${one.way}, and it is taken: ${one.token}`)
  }
  const count = (of) => judged.filter(of).length
  const [both, ours, neither] = [count((one) => one.right && isTaken(one)), count((one) => one.right && !isTaken(one)), count((one) => !one.right)]
  console.log(`seed ${SEED}: of ${judged.length} tokens, ${neither} are refused by both, ${ours} by us alone, ${both} by nobody`)
  assert.ok(both > 0 && ours > 0 && neither > judged.length / 2, 'the tokens are of all three kinds')
})
