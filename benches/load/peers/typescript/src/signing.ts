// With whose credentials is a URL signed, and what does it allow? One object of the caller's tenant, written once.

import { createHash } from 'node:crypto'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { LRUCache } from 'lru-cache'
import type { Settings } from './settings.js'

export const URL_SECONDS = 900
const SESSION_SECONDS = 3600
/** A session is replaced this long before its end, so that no URL outlives what signed it. */
const SPARE_SECONDS = URL_SECONDS + 60
const MOST_SESSIONS = 10_000
const SIGNED = new Set(['host', 'content-type', 'content-length', 'if-none-match'])

export interface Put {
  key: string
  contentType: string
  size: number
}

export interface Signed {
  url: string
  headers: Record<string, string>
}

/** Gives the function that signs. Sessions are kept for each tenant; callers who come meanwhile wait for the same one. */
export function signing(settings: Settings) {
  const sts = new STSClient({ region: settings.region, endpoint: settings.stsEndpoint })

  const assume = async (tenant: string): Promise<{ client: S3Client; end: number }> => {
    const { Credentials: given } = await sts.send(
      new AssumeRoleCommand({
        RoleArn: settings.roleArn,
        RoleSessionName: `tenant-${createHash('sha256').update(tenant).digest('hex').slice(0, 32)}`,
        DurationSeconds: SESSION_SECONDS,
        Tags: [{ Key: 'customerName', Value: tenant }],
      }),
    )
    if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken || !given.Expiration)
      throw new Error('STS answers without credentials')
    const client = new S3Client({
      region: settings.region,
      endpoint: settings.s3Endpoint,
      forcePathStyle: true,
      // The caller's bytes are not here to be summed.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      credentials: {
        accessKeyId: given.AccessKeyId,
        secretAccessKey: given.SecretAccessKey,
        sessionToken: given.SessionToken,
      },
    })
    return { client, end: given.Expiration.getTime() }
  }

  const sessions = new LRUCache<string, S3Client>({
    max: MOST_SESSIONS,
    fetchMethod: async (tenant, _, { options }) => {
      const { client, end } = await assume(tenant)
      options.ttl = Math.max(end - Date.now() - SPARE_SECONDS * 1000, 1)
      return client
    },
  })

  return async (tenant: string, { key, contentType, size }: Put): Promise<Signed> => {
    const client = await sessions.fetch(tenant)
    if (!client) throw new Error('there is no session')
    const put = new PutObjectCommand({
      Bucket: settings.bucket,
      Key: key,
      ContentType: contentType,
      ContentLength: size,
      IfNoneMatch: '*',
    })
    return {
      url: await getSignedUrl(client, put, { expiresIn: URL_SECONDS, signableHeaders: SIGNED }),
      headers: { 'content-type': contentType, 'content-length': String(size), 'if-none-match': '*' },
    }
  }
}
