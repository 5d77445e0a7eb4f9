// What does the service answer? `POST /v1/uploads` hands out a URL once the caller is known and the grant is on record.

import { type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { JwtBaseError } from 'aws-jwt-verify/error'
import Fastify from 'fastify'
import Type from 'typebox'
import { v7 as uuid } from 'uuid'
import { type Caller, callers, NoTenant } from './callers.js'
import { grants } from './grants.js'
import type { Settings } from './settings.js'
import { signing, URL_SECONDS } from './signing.js'

const MOST_BYTES = 5 * 1024 ** 3

const Body = Type.Object(
  {
    fileName: Type.String({ minLength: 1, maxLength: 255, pattern: '^[^\\x00-\\x1f\\x7f/\\\\]+$' }),
    contentType: Type.String({ maxLength: 255, pattern: "^[\\w!#$&^.+'*|~%`-]+/[\\w!#$&^.+'*|~%`-]+$" }),
    size: Type.Integer({ minimum: 1, maximum: MOST_BYTES }),
  },
  { additionalProperties: false },
)

const Answer = Type.Object({
  id: Type.String(),
  key: Type.String(),
  url: Type.String(),
  headers: Type.Record(Type.String(), Type.String()),
  expiresAt: Type.String(),
})

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null
  }
}

/** The service, not yet listening. */
export async function service(settings: Settings) {
  const { ready, verify } = callers(settings)
  const sign = signing(settings)
  const { record, end } = grants(settings.databaseUrl)

  const app = Fastify({ logger: { level: 'warn' }, bodyLimit: 16 * 1024 }).withTypeProvider<TypeBoxTypeProvider>()
  app.decorateRequest('caller', null)
  app.addHook('onReady', ready)
  app.addHook('onClose', end)
  app.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    if (error instanceof JwtBaseError) return reply.code(401).send({ message: 'The token is not valid' })
    if (error instanceof NoTenant) return reply.code(403).send({ message: error.message })
    const status = error.statusCode ?? 500
    if (status < 500) return reply.code(status).send({ message: error.message })
    request.log.error(error)
    return reply.code(status).send({ message: 'Something went wrong' })
  })

  app.get('/healthz', async () => ({ status: 'ok' }))

  app.post(
    '/v1/uploads',
    {
      schema: { body: Body, response: { 201: Answer } },
      // Before the body is read.
      onRequest: async (request) => {
        request.caller = await verify(request.headers.authorization)
      },
    },
    async (request, reply) => {
      const { tenant, subject } = request.caller!
      const { fileName, contentType, size } = request.body
      const id = uuid()
      const key = `${tenant}/${subject}/${id}/${fileName}`
      const createdAt = new Date()
      const expiresAt = new Date(createdAt.getTime() + URL_SECONDS * 1000)
      const { url, headers } = await sign(tenant, { key, contentType, size })
      await record({ id, tenant, subject, key, fileName, contentType, size, createdAt, expiresAt })
      return reply.code(201).send({ id, key, url, headers, expiresAt: expiresAt.toISOString() })
    },
  )
  return app
}
