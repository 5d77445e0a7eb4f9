// How does a client reach the sandbox's S3 that insists on AWS's own host name? Through TLS in front of it, with a
// certificate of its own making; what is signed, the Host header among it, passes unchanged.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { sandbox } from './sandbox.js'

const host = `s3.${sandbox.region}.amazonaws.com`

function certificate() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'upload-gateway-tls.'))
  try {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name))
    const wish = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1']
    execFileSync('openssl', [...wish, '-subj', `/CN=${host}`, '-keyout', key, '-out', cert], { stdio: 'pipe' })
    return { key: readFileSync(key), cert: readFileSync(cert) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Starts it. `flags` are those that lead Chromium there; `refusals` what S3 refused, for a browser does not keep that. */
export async function awsHost() {
  const { hostname, port } = new URL(sandbox.s3Url)
  const refusals = []
  const server = https.createServer(certificate(), (request, response) => {
    const { method, url, headers } = request
    const onward = http.request({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers)
      answer.pipe(response)
      if (answer.statusCode >= 400) answer.once('data', (text) => refusals.push(`${answer.statusCode} ${text}`))
    })
    // S3 refuses before it has read everything, and what is still on its way then breaks.
    onward.on('error', () => response.headersSent || response.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    flags: [`--host-resolver-rules=MAP ${host}:443 127.0.0.1:${server.address().port}`, '--ignore-certificate-errors'],
    refusals,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
