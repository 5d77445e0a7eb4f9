// Who calls? An ID token of the user pool says so.

import { JwtVerifier } from 'aws-jwt-verify'
import { assertStringEquals } from 'aws-jwt-verify/assert'
import type { Fetcher } from 'aws-jwt-verify/https'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import type { Settings } from './settings.js'

export interface Caller {
  subject: string
  tenant: string
}

/** The token is good, but names no tenant whose objects could be told apart from others'. */
export class NoTenant extends Error {}

/** What a session tag, and with it a prefix in the bucket, may be: no slash, and no wildcard of a policy. */
const TENANT = /^[\p{L}\p{N}][\p{L}\p{N} _.:=+@-]{0,127}$/u

// The library's own fetcher speaks HTTPS alone; on one machine the user pool is reached without TLS.
const fetcher: Fetcher = {
  async fetch(uri) {
    const answer = await fetch(uri, { signal: AbortSignal.timeout(3000) })
    if (!answer.ok) throw new Error(`${uri} answers ${answer.status}`)
    return answer.arrayBuffer()
  },
}

/** Gives the function that verifies `Authorization`. The keys are fetched once, and again when a key is unknown. */
export function callers({ issuer, clientId }: Settings) {
  const verifier = JwtVerifier.create(
    {
      issuer,
      audience: clientId,
      jwksUri: `${issuer}/.well-known/jwks.json`,
      // What CognitoJwtVerifier checks besides; it takes no issuer other than AWS's own.
      customJwtCheck: ({ payload }) => assertStringEquals('Token use', payload['token_use']?.toString(), 'id'),
    },
    { jwksCache: new SimpleJwksCache({ fetcher }) },
  )
  return {
    ready: (): Promise<void> => verifier.hydrate(),
    /** Throws what the library throws when the token is not good, and `NoTenant`. */
    async verify(authorization: string | undefined): Promise<Caller> {
      const payload = await verifier.verify(authorization?.startsWith('Bearer ') ? authorization.slice(7) : '')
      const tenant = payload['custom:customerName']
      if (typeof tenant !== 'string' || !TENANT.test(tenant) || !payload.sub) throw new NoTenant('The token names no tenant')
      return { subject: payload.sub, tenant }
    },
  }
}
