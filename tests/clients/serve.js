// Where do the pages come from? `node serve.js FOLDER`: from an origin that is not the gateway's, so that CORS is real.
// It prints the origin.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import path from 'node:path'

const folder = path.resolve(process.argv[2])
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8' }

const server = createServer(async ({ url }, response) => {
  const name = path.basename(new URL(url, 'http://page').pathname)
  try {
    const text = await readFile(path.join(folder, name))
    response.writeHead(200, { 'content-type': types[path.extname(name)] ?? 'application/octet-stream' }).end(text)
  } catch {
    response.writeHead(name === 'favicon.ico' ? 204 : 404).end()
  }
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
