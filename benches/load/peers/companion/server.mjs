// Uppy Companion in an express application, as its documentation shows it: S3 alone, one process a core.

import cluster from 'node:cluster'
import { availableParallelism, tmpdir } from 'node:os'
import * as companion from '@uppy/companion'
import express from 'express'

const { env } = process
const workers = Number(env.WORKERS || availableParallelism())

const serve = () => {
  const app = express()
  app.get('/healthz', (_, response) => response.json({ status: 'ok' }))
  const options = {
    server: { host: `127.0.0.1:${env.PORT}` },
    filePath: tmpdir(),
    // Signs the tokens of remote providers, of which there are none.
    secret: 'not used by /s3',
    corsOrigins: true,
    uploadUrls: ['https://uploads.example/'],
    // Its counters would only cost it time.
    metrics: false,
    s3: {
      bucket: env.BUCKET,
      region: env.REGION,
      endpoint: env.S3_ENDPOINT,
      forcePathStyle: true,
      key: env.AWS_ACCESS_KEY_ID,
      secret: env.AWS_SECRET_ACCESS_KEY,
    },
  }
  app.use(companion.app(options).app)
  companion.socket(app.listen(Number(env.PORT), '127.0.0.1'))
}

if (cluster.isWorker || workers === 1) {
  serve()
} else {
  let stopping = false
  for (const signal of ['SIGTERM', 'SIGINT'])
    process.once(signal, () => {
      stopping = true
      for (const worker of Object.values(cluster.workers)) worker.process.kill(signal)
    })
  cluster.on('exit', (_, code) => {
    if (!stopping) process.exit(code || 1)
  })
  for (let worker = 0; worker < workers; worker++) cluster.fork()
}
