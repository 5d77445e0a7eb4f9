// What was begun and never finished? Large files of an earlier page: S3 keeps their parts, and the file is chosen again.
import { get } from './api.js'
import { h, show } from './dom.js'
import { bytes, time } from './format.js'
import { storedParts, takeBack } from './grant.js'
import { complain, confirm, notify } from './notices.js'
import { inHand } from './transfers.js'

/** Is this the file that the upload was begun with? As far as can be told without reading it. */
const isSame = (file, { fileName, size, metadata }) =>
  file.name === fileName && file.size === size && String(file.lastModified) === metadata.lastModified

/** The person's own uploads that no page has in hand. Other programs' are left alone: they know how to go on with them. */
async function find(subject) {
  const [{ items }, isInHand] = await Promise.all([
    get(`/v1/uploads?${new URLSearchParams({ status: 'pending', subject, limit: 200 })}`),
    inHand(),
  ])
  return items.filter(({ id, method, metadata }) => method === 'multipart' && metadata?.lastModified && !isInHand(id))
}

/** Shows them in that place. `begin(file, upload)` goes on with one. Returns `{claim}`: see there. */
export async function unfinished(place, { subject, begin }) {
  const rows = new Map()
  const drop = (upload) => {
    const row = rows.get(upload)
    // Who was in it goes on at the next one.
    if (row?.contains(document.activeElement)) (row.nextElementSibling ?? row.previousElementSibling)?.querySelector('input').focus()
    row?.remove()
    rows.delete(upload)
    place.hidden = rows.size === 0
  }
  const goOn = (file, upload) => {
    drop(upload)
    begin(file, upload)
  }

  const row = (upload) => {
    const { id, fileName, size, createdAt } = upload
    const there = h('span', {}, '…')
    storedParts(id).then((parts) => {
      const sum = [...parts.values()].reduce((all, part) => all + part.size, 0)
      there.textContent = `${bytes(sum)} of ${bytes(size)} are there`
    }, () => there.replaceWith())
    const fault = h('p', { class: 'fault', role: 'alert' })
    const input = h('input', { type: 'file', class: 'unseen', id: `again-${id}`, onchange: () => {
      const [file] = input.files
      input.value = ''
      if (!file) return
      if (isSame(file, upload)) return goOn(file, upload)
      show(fault, 'This is another file than the one that was begun: its name, size or time of change differs. Choose that one, or discard it and upload this one anew.')
    } })
    const discard = async () => {
      const isSure = await confirm(['Discard ', h('bdi', {}, fileName), '?'], 'What has arrived of it is deleted. The file can be uploaded again from its beginning.', 'Discard')
      if (!isSure) return
      try {
        await takeBack(id)
        drop(upload)
        notify('Discarded.')
      } catch (error) {
        complain(error)
      }
    }
    return h('li', { class: 'transfer' },
      h('div', { class: 'what' }, h('bdi', { class: 'name' }, fileName), h('small', {}, bytes(size))),
      h('p', { class: 'state' }, 'Unfinished: choose the file again to go on. ', there, `, begun ${time(createdAt)}.`),
      h('div', { class: 'acts' }, input,
        h('label', { class: 'button small', for: input.id }, 'Choose the file', h('span', { class: 'unseen' }, ` ${fileName}`)),
        h('button', { type: 'button', class: 'small', 'aria-label': `Discard ${fileName}`, onclick: discard }, 'Discard')),
      fault)
  }

  const uploads = await find(subject)
  for (const upload of uploads) rows.set(upload, row(upload))
  show(place, h('h2', {}, 'Unfinished'), h('ul', { class: 'transfers' }, [...rows.values()]))
  place.hidden = rows.size === 0
  return {
    /** Goes on with what this file was begun as, if it was. Tells whether. */
    claim(file) {
      const upload = [...rows.keys()].find((upload) => isSame(file, upload))
      if (upload) goOn(file, upload)
      return upload !== undefined
    },
  }
}
