// How do the page scripts become pages? `node build.js FOLDER`: each is bundled with the published package, and staged.
import { copyFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = path.dirname(fileURLToPath(import.meta.url))
const folder = path.resolve(process.argv[2])

for (const version of ['uppy5', 'uppy6']) {
  const scripts = (await readdir(path.join(here, version))).filter((name) => name.endsWith('.js'))
  for (const script of scripts) {
    const name = `${version}-${path.basename(script, '.js')}`
    await build({
      stdin: {
        contents: `import makeUploader from './${script}'; import stage from '../stage.js'; stage(makeUploader)`,
        resolveDir: path.join(here, version),
      },
      bundle: true,
      format: 'iife',
      logLevel: 'warning',
      outfile: path.join(folder, `${name}.js`),
    })
    const page = `<!doctype html><meta charset="utf-8"><title>${name}</title><input type="file"><script src="${name}.js"></script>\n`
    await writeFile(path.join(folder, `${name}.html`), page)
  }
}
await copyFile(path.join(here, 'tutorial.html'), path.join(folder, 'tutorial.html'))
