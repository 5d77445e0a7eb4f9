// Which files are there? A gallery, newest first, to look at, download and delete.
import { get, query } from './api.js'
import { h, show } from './dom.js'
import { STATUSES, card, downloadUrl } from './file-card.js'
import { details } from './file-dialog.js'
import { takeBack } from './grant.js'
import { listing } from './listing.js'
import { complain, confirm, notify } from './notices.js'
import { isBusy } from './transfers.js'

/** A file that never came is of no use to most people, so these are what is shown first. */
const USUAL = 'completed'

/** Has the browser save the file. */
async function download(upload) {
  try {
    // Its URL has it saved, so the page stays. While something is under way, leaving by a link would ask all the same.
    h('a', { href: await downloadUrl(upload), target: isBusy() && '_blank', rel: 'noopener' }).click()
  } catch (error) {
    complain(error)
  }
}

/** The page `#/files?collection=…&status=…`. */
export function view(place, { me, parameters }) {
  const chosen = { collection: parameters.get('collection') ?? '', status: parameters.get('status') || USUAL }
  const gallery = h('ul', { class: 'gallery' })
  const isEverybodys = me.role === 'tenant-admin'
  const whoseIs = ({ subject }) => (isEverybodys && subject !== me.subject ? subject : undefined)

  const option = (value, text, selected) => h('option', { value, selected: value === selected }, text)
  const choice = (name, text, options) => {
    const select = h('select', { id: name, onchange: () => {
      chosen[name] = select.value
      // An entry of the history, so that Back works, and not a new page, which would take the focus away.
      history.pushState(null, '', `#/files${query({ ...chosen, status: chosen.status === USUAL ? '' : chosen.status })}`)
      found.load()
    } }, options)
    return h('div', {}, h('label', { for: name }, text), select)
  }
  const collections = h('optgroup', { label: 'Collections' }, chosen.collection && option(chosen.collection, chosen.collection, chosen.collection))
  const statuses = [...Object.entries(STATUSES).map(([status, [text]]) => option(status, text, chosen.status)), option('all', 'All of them', chosen.status)]

  const row = (upload) => {
    const whose = whoseIs(upload)
    const save = () => download(upload)
    const element = card(upload, {
      whose, download: save, open: () => details(upload, { whose, download: save }), remove: () => remove(upload, element),
    })
    return element
  }
  const found = listing({
    path: '/v1/uploads',
    wanted: () => ({ include: 'downloadUrl', collection: chosen.collection, status: chosen.status === 'all' ? '' : chosen.status }),
    rows: (uploads) => uploads.map(row),
    list: gallery,
    home: gallery,
    noun: 'file',
    limit: 24,
    empty: () => {
      const isFiltered = chosen.collection !== '' || chosen.status !== USUAL
      return h('div', { class: 'empty' },
        h('p', {}, isFiltered ? 'Nothing matches these filters.' : 'There are no files yet.'),
        isFiltered ? h('a', { href: '#/files' }, 'Show all files') : h('a', { href: '#/upload', class: 'button main' }, 'Upload some'))
    },
  })

  show(place, h('h1', {}, isEverybodys ? 'Everybody’s files' : 'Files'),
    h('div', { class: 'toolbar' },
      choice('collection', 'Collection', [option('', 'All collections', chosen.collection), collections]),
      choice('status', 'Status', statuses)),
    found.element)

  async function remove(upload, element) {
    const { fileName, status } = upload
    const name = () => h('bdi', {}, fileName)
    const isSure = status === 'pending'
      ? await confirm(['Cancel the upload of ', name(), '?'], 'What has arrived of it is deleted.', 'Cancel the upload')
      : await confirm(['Delete ', name(), '?'], 'It is deleted for everybody, and this cannot be undone.', 'Delete')
    if (!isSure) return
    try {
      await takeBack(upload.id)
    } catch (error) {
      return complain(error)
    }
    const next = element.nextElementSibling ?? element.previousElementSibling
    element.remove()
    notify(status === 'pending' ? ['The upload of “', name(), '” is cancelled.'] : ['“', name(), '” is deleted.'])
    if (!next) return found.load()
    found.tell()
    next.querySelector('button').focus()
  }

  // The filter does its work without the names of the others.
  get('/v1/collections').then(({ items }) => {
    const named = items.map(({ collection }) => collection)
    if (chosen.collection && !named.includes(chosen.collection)) named.push(chosen.collection)
    show(collections, named.map((name) => option(name, name, chosen.collection)))
  }, () => {})
  found.load()
  return found.leave
}
