// How does it run? One process a core behind one port, all ended by one signal.

import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import { prepare } from './grants.js'
import { service } from './service.js'
import { settings } from './settings.js'

const read = settings(process.env, availableParallelism())

async function serve(): Promise<void> {
  const app = await service(read)
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void app.close().then(() => process.exit(0)))
  await app.listen({ host: '127.0.0.1', port: read.port })
}

if (cluster.isWorker) {
  await serve()
} else {
  await prepare(read.databaseUrl)
  if (read.workers === 1) {
    await serve()
  } else {
    let stopping = false
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => {
        stopping = true
        for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill(signal)
      })
    cluster.on('exit', (_, code) => {
      // Whoever started this sees to a new start; half a service is no service.
      if (!stopping) process.exit(code || 1)
    })
    for (let worker = 0; worker < read.workers; worker++) cluster.fork()
  }
}
