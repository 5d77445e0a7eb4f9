// Does the README show what is tested here? Each of its snippets is in one of the pages, but for the indentation.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const at = (path) => new URL(path, import.meta.url)
const flat = (text) => text.split('\n').map((line) => line.trim()).join('\n').trim()

test('the readme: each snippet is part of a page that is tested', () => {
  const [, section] = readFileSync(at('../../../README.md'), 'utf8').split('## Use it from…')
  const snippets = [...section.split('\n## ')[0].matchAll(/```js\n(.*?)```/gs)].map(([, text]) => flat(text))
  const scripts = ['uppy5', 'uppy6'].flatMap((version) =>
    readdirSync(at(`../${version}`)).filter((name) => name.endsWith('.js')).map((name) => `../${version}/${name}`))
  const pages = [...scripts, '../tutorial.html'].map((page) => flat(readFileSync(at(page), 'utf8')))
  assert.equal(snippets.length, 5)
  for (const snippet of snippets) assert.ok(pages.some((page) => page.includes(snippet)), `no page has this:\n${snippet}`)
})
