// How is a token made that is almost a good one? Thousands of ways, the same for the same seed.
import { constants, createHmac, createPublicKey, sign } from 'node:crypto'

const encode = (value) => Buffer.from(value).toString('base64url')

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function numbers(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Signs texts as header and payload of a compact JWS, by what the header should say or by something else. */
function signed(header, payload, key, algorithm = 'RS256') {
  const input = `${encode(header)}.${encode(payload)}`
  const bits = algorithm.slice(2)
  const publicPem = () => createPublicKey(key).export({ type: 'spki', format: 'pem' })
  const signature = {
    RS: () => sign(`sha${bits}`, Buffer.from(input), key),
    PS: () => sign(`sha${bits}`, Buffer.from(input), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }),
    // The classic: the public key, which everybody has, as the secret.
    HS: () => createHmac(`sha${bits}`, publicPem()).update(input).digest(),
    no: () => Buffer.alloc(0),
  }[algorithm.slice(0, 2)]()
  return `${input}.${signature.toString('base64url')}`
}

/** Values that no claim has, of every type, and some that look like the right one. */
const strange = (value, now) => [
  null, true, false, 0, -1, 1e300, now - 3600, now + 3600, now - 0.5, '', ' ', 'null', 'a'.repeat(5000), '\u0000', '٣', [], {}, [value], [[value]], { value }, [null],
  String(value), `${value} `, ` ${value}`, String(value).toUpperCase(), `${value}\u200b`, [value, 'other'], ['other'], JSON.stringify(value), { [String(value)]: true },
]

/** Makes tokens out of a good one: `claims` as the pool writes them, under `key`, whose id is `kid`; `stranger` is somebody else's key. */
export function forger({ claims, key, kid, stranger, now, random }) {
  const pick = (list) => list[Math.floor(random() * list.length)]
  const header = { kid, alg: 'RS256' }
  const [goodHeader, goodPayload] = [JSON.stringify(header), JSON.stringify(claims)]
  const good = signed(goodHeader, goodPayload, key)
  const jwk = createPublicKey(stranger).export({ format: 'jwk' })

  const withHeader = (change, algorithm, by = key) => signed(JSON.stringify({ ...header, ...change }), goodPayload, by, algorithm)
  const withClaims = (change) => signed(goodHeader, JSON.stringify({ ...claims, ...change }), key)
  /** A member twice, in both orders. */
  const twice = (text, name, value) => pick([`{${JSON.stringify(name)}:${JSON.stringify(value)},${text.slice(1)}`, `${text.slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(value)}}`])

  const ways = {
    'a letter of it is another': () => {
      const at = Math.floor(random() * good.length)
      return good.slice(0, at) + pick([...'ABCabc019-_=.+/ \n%']) + good.slice(at + 1)
    },
    'a piece of it is missing': () => {
      const at = Math.floor(random() * good.length)
      return good.slice(0, at) + good.slice(at + 1 + Math.floor(random() * 40))
    },
    'its parts are others, or fewer, or more': () => {
      const parts = good.split('.')
      return pick([
        () => parts.slice(0, 2).join('.'), () => [...parts, ''].join('.'), () => [...parts, parts[2]].join('.'), () => `.${good}`,
        () => [parts[1], parts[0], parts[2]].join('.'), () => [parts[0], parts[1], ''].join('.'), () => [parts[0], '', parts[2]].join('.'),
        () => ['', parts[1], parts[2]].join('.'), () => parts.join('..'), () => parts.map((part) => `${part}=`).join('.'), () => encode(good), () => '..', () => '.',
      ])()
    },
    'its algorithm is another, and it is signed by that': () => {
      const algorithm = pick(['RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'HS256', 'HS384', 'HS512', 'none'])
      return withHeader({ alg: algorithm }, algorithm)
    },
    'its algorithm is another by name': () => withHeader({ alg: pick(['none', 'None', 'NONE', 'nOnE', 'rs256', 'RS256 ', 'ES256', 'EdDSA', 'HS256', '', null, 1, ['RS256'], { alg: 'RS256' }]) }),
    'it is signed by another algorithm than it says': () => withHeader({}, pick(['RS384', 'RS512', 'PS256', 'HS256', 'none'])),
    'its key is another': () => withHeader({ kid: pick(strange(kid, now)) }),
    'it brings a key along': () => withHeader(pick([{ jwk: { ...jwk, kid } }, { jku: 'http://127.0.0.1:9/jwks' }, { x5u: 'http://127.0.0.1:9/' }, { x5c: ['AAAA'] }, { jwk: { ...jwk, kid: 'own' }, kid: 'own' }]), 'RS256', stranger),
    'somebody else signed it': () => signed(goodHeader, goodPayload, stranger),
    'its header asks for more': () => withHeader(pick([{ crit: ['exp'] }, { crit: [] }, { b64: false, crit: ['b64'] }, { zip: 'DEF' }, { enc: 'A128GCM' }, { typ: pick(['JWT', 'jwt', 'JOSE', 'at+jwt', 5]) }, { cty: 'JWT' }])),
    'its header is no object': () => signed(pick(['[]', 'null', '"x"', '1', '', '{', `${goodHeader}{}`, `[${goodHeader}]`, `\ufeff${goodHeader}`]), goodPayload, key),
    'its payload is no object': () => signed(goodHeader, pick(['[]', 'null', '"x"', '1', '', '{', `${goodPayload}{}`, `[${goodPayload}]`, `\ufeff${goodPayload}`, `${goodPayload}\n`]), key),
    'a member of its header stands twice': () => signed(twice(goodHeader, pick(['alg', 'kid']), pick(['none', 'HS256', 'RS256', kid, 'x'])), goodPayload, key),
    'a claim stands twice': () => {
      const name = pick(Object.keys(claims))
      return signed(goodHeader, twice(goodPayload, name, pick(strange(claims[name], now))), key)
    },
    'a claim is missing': () => withClaims({ [pick(Object.keys(claims))]: undefined }),
    'a claim is another': () => {
      const name = pick(Object.keys(claims))
      return withClaims({ [name]: pick(strange(claims[name], now)) })
    },
    'two claims are others': () => {
      const [one, two] = [pick(Object.keys(claims)), pick(Object.keys(claims))]
      return withClaims({ [one]: pick(strange(claims[one], now)), [two]: pick(strange(claims[two], now)) })
    },
    'it is of another time': () => withClaims(pick([{ exp: now - 3600 }, { exp: now - 120 }, { nbf: now + 3600 }, { nbf: now - 5 }, { iat: now + 3600 }, { exp: String(now + 3600) }, { exp: 0 }, { exp: -now }, { exp: Number.MAX_SAFE_INTEGER }, { nbf: 'soon' }])),
    'it is of the other kind': () => withClaims(pick([{ token_use: 'access' }, { token_use: 'access', client_id: claims.aud }, { token_use: 'refresh' }, { token_use: ['id'] }, { aud: undefined, client_id: claims.aud }, { aud: [claims.aud, 'x'] }])),
    'it names something of every object': () => withClaims(pick([JSON.parse('{"__proto__": {"aud": "x"}}'), { constructor: { prototype: {} } }, { toString: 'x' }, { hasOwnProperty: 1 }])),
    'it is very long': () => withClaims({ more: 'x'.repeat(pick([1000, 12_000, 100_000])) }),
    'it is deep': () => signed(goodHeader, `${goodPayload.slice(0, -1)},"deep":${'['.repeat(pick([50, 500, 5000]))}1${']'.repeat(10)}}`, key),
  }
  return { good, ways, make: (way) => ways[way]() }
}
