// How does a file that was uploaded look? As itself when it is a picture, else as its kind.
import { get } from './api.js'
import { h } from './dom.js'
import { bytes, time } from './format.js'

/** Pictures beyond this are not fetched to be looked at in small. */
const MOST_BYTES = 8 * 1024 * 1024

/** Each status in words, and its colour. */
export const STATUSES = {
  completed: ['Uploaded', 'good'],
  pending: ['Under way', ''],
  failed: ['Refused', 'bad'],
  expired: ['Never arrived', 'bad'],
  aborted: ['Cancelled', ''],
  deleted: ['Deleted', ''],
}

export const badge = ({ status }) => {
  const [text, look] = STATUSES[status] ?? [status, '']
  return h('span', { class: `badge ${look}` }, text)
}

/** `report.final.pdf` as `PDF`; of what has no ending nothing is said that is not in its name. */
const kindOf = (name) => /\.([\p{L}\p{N}]{1,5})$/u.exec(name)?.[1].toUpperCase() ?? ''

const isPicture = ({ status, contentType, size }) =>
  status === 'completed' && /^image\/(?!svg)/i.test(contentType) && size <= MOST_BYTES

/** Where the file can be read from now on, for some minutes. */
export const downloadUrl = async ({ id }) => (await get(`/v1/uploads/${id}/download`)).url

/** The picture, or what stands for it. */
export function look(upload) {
  const kind = h('span', { class: 'kind', 'aria-hidden': 'true' }, kindOf(upload.fileName))
  if (!isPicture(upload) || !upload.downloadUrl) return kind
  let isFresh = false
  const picture = h('img', { src: upload.downloadUrl, alt: '', loading: 'lazy', decoding: 'async', onerror: async () => {
    // The URL may have grown old on a page that was left open. A picture that is broken itself stays so.
    if (isFresh) return picture.replaceWith(kind)
    isFresh = true
    try {
      picture.src = upload.downloadUrl = await downloadUrl(upload)
    } catch {
      picture.replaceWith(kind)
    }
  } })
  return picture
}

/** A card of the gallery. `acts` are what its buttons do; `whose` is the subject, when it is not the reader's own. */
export function card(upload, { open, download, remove, whose }) {
  const { fileName, size, status, createdAt, completedAt } = upload
  const act = (text, perform) =>
    h('button', { type: 'button', class: 'small', 'aria-label': `${text} ${fileName}`, onclick: perform }, text)
  return h('li', { class: 'file' },
    h('button', { type: 'button', class: 'look', 'aria-label': `Details of ${fileName}`, onclick: open }, look(upload)),
    h('div', { class: 'words' },
      h('h2', { class: 'name' }, h('bdi', {}, fileName)),
      h('small', {}, size === null ? '' : `${bytes(size)} · `, h('time', { datetime: completedAt ?? createdAt }, time(completedAt ?? createdAt))),
      whose && h('small', {}, `By ${whose.slice(0, 8)}…`),
      badge(upload)),
    h('div', { class: 'acts' },
      status === 'completed' && act('Download', download),
      status === 'completed' && act('Delete', remove),
      status === 'pending' && act('Cancel', remove)))
}
