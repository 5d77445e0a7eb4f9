// What is known of a file? All of it, in a dialog.
import { h } from './dom.js'
import { bytes, number, time } from './format.js'
import { hexadecimal } from './hash.js'
import { notify } from './notices.js'
import { badge, look } from './file-card.js'

const fact = (name, value) => value && [h('dt', {}, name), h('dd', {}, value)]
const code = (text) => text && h('code', {}, text)

/** A SHA-256 as people compare it; others as S3 writes them. */
function checksum({ algorithm, value }) {
  if (algorithm !== 'SHA256') return value
  return hexadecimal(Uint8Array.from(atob(value), (letter) => letter.charCodeAt(0)))
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    notify('Copied.')
  } catch {
    notify('The browser does not let this page copy. Select the text instead.', { isBad: true })
  }
}

/** Shows it until it is closed. */
export function details(upload, { whose, download }) {
  const { id, fileName, size, contentType, collection, metadata, etag, createdAt, completedAt, status } = upload
  const changed = new Date(Number(metadata?.lastModified ?? NaN))
  const dialog = h('dialog', { 'aria-labelledby': 'file-name', onclose: () => dialog.remove(),
    onclick: (event) => event.target === dialog && dialog.close() },
  h('div', { class: 'inside' },
    h('h2', { id: 'file-name', tabindex: '-1', autofocus: true }, h('bdi', {}, fileName)),
    h('div', { class: 'look' }, look({ ...upload })),
    h('dl', { class: 'facts' },
      fact('Status', badge(upload)),
      fact('Size', size !== null && `${bytes(size)}${size < 1000 ? '' : ` (${number(size)} bytes)`}`),
      fact('Type', contentType),
      fact('Collection', collection),
      fact('Uploaded by', whose ?? 'You'),
      fact('Begun', time(createdAt)),
      fact('Arrived', completedAt && time(completedAt)),
      fact('Last changed', !Number.isNaN(changed.getTime()) && time(changed)),
      fact({ SHA256: 'SHA-256' }[upload.checksum?.algorithm] ?? upload.checksum?.algorithm, upload.checksum && code(checksum(upload.checksum))),
      fact('ETag', code(etag)),
      fact('Id', code(id))),
    h('div', { class: 'actions' },
      h('button', { type: 'button', onclick: () => copy(id) }, 'Copy the id'),
      status === 'completed' && h('button', { type: 'button', onclick: download }, 'Download'),
      h('button', { type: 'button', class: 'main', onclick: () => dialog.close() }, 'Close'))))
  document.body.append(dialog)
  dialog.showModal()
}
