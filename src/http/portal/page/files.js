// Which files are there? A gallery, newest first, to look at, download and delete.
import { get, query } from './api.js'
import { h, set, show } from './dom.js'
import { STATUSES, card, downloadUrl } from './file-card.js'
import { details } from './file-dialog.js'
import { count } from './format.js'
import { takeBack } from './grant.js'
import { complain, confirm, loading, notify } from './notices.js'
import { isBusy } from './transfers.js'

const PAGE = 24
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
export async function view(place, { me, parameters }) {
  const chosen = { collection: parameters.get('collection') ?? '', status: parameters.get('status') || USUAL }
  const gallery = h('ul', { class: 'gallery' })
  const foot = h('div', { class: 'more' })
  const body = h('div', {})
  const aloud = h('p', { class: 'unseen', role: 'status' })
  const isEverybodys = me.role === 'tenant-admin'
  const whoseIs = ({ subject }) => (isEverybodys && subject !== me.subject ? subject : undefined)

  const option = (value, text, selected) => h('option', { value, selected: value === selected }, text)
  const choice = (name, text, options) => {
    const select = h('select', { id: name, onchange: () => {
      chosen[name] = select.value
      // An entry of the history, so that Back works, and not a new page, which would take the focus away.
      history.pushState(null, '', `#/files${query({ ...chosen, status: chosen.status === USUAL ? '' : chosen.status })}`)
      fill()
    } }, options)
    return h('div', {}, h('label', { for: name }, text), select)
  }
  const collections = h('optgroup', { label: 'Collections' }, chosen.collection && option(chosen.collection, chosen.collection, chosen.collection))
  const statuses = [...Object.entries(STATUSES).map(([status, [text]]) => option(status, text, chosen.status)), option('all', 'All of them', chosen.status)]

  show(place, h('h1', {}, isEverybodys ? 'Everybody’s files' : 'Files'),
    h('div', { class: 'toolbar' },
      choice('collection', 'Collection', [option('', 'All collections', chosen.collection), collections]),
      choice('status', 'Status', statuses)),
    body, aloud)

  async function remove(upload, element) {
    const { fileName, status } = upload
    const name = h('bdi', {}, fileName)
    const isSure = status === 'pending'
      ? await confirm(['Cancel the upload of ', name, '?'], 'What has arrived of it is deleted.', 'Cancel the upload')
      : await confirm(['Delete ', name, '?'], 'It is deleted for everybody, and this cannot be undone.', 'Delete')
    if (!isSure) return
    try {
      await takeBack(upload.id)
    } catch (error) {
      return complain(error)
    }
    const next = element.nextElementSibling ?? element.previousElementSibling
    element.remove()
    notify(status === 'pending' ? `The upload of “${fileName}” is cancelled.` : `“${fileName}” is deleted.`)
    if (next) next.querySelector('button').focus()
    else fill()
  }

  const append = ({ items, nextCursor }) => {
    for (const upload of items) {
      const whose = whoseIs(upload)
      const save = () => download(upload)
      const element = card(upload, {
        whose, download: save, open: () => details(upload, { whose, download: save }), remove: () => remove(upload, element),
      })
      gallery.append(element)
    }
    aloud.textContent = `${count(gallery.children.length, 'file')} shown.`
    show(foot, nextCursor && h('button', { type: 'button', onclick: (event) => more(event.target, nextCursor) }, 'Show more'))
  }

  const ask = (cursor) => get(`/v1/uploads${query({
    limit: PAGE, include: 'downloadUrl', cursor, collection: chosen.collection, status: chosen.status === 'all' ? '' : chosen.status,
  })}`)

  async function more(button, cursor) {
    set(button, 'disabled', true)
    try {
      const last = gallery.lastElementChild
      append(await ask(cursor))
      // The reader goes on where the button was.
      last.nextElementSibling?.querySelector('button').focus()
    } catch (error) {
      set(button, 'disabled', false)
      complain(error)
    }
  }

  const empty = () => {
    const isFiltered = chosen.collection !== '' || chosen.status !== USUAL
    return h('div', { class: 'empty' },
      h('p', {}, isFiltered ? 'Nothing matches these filters.' : 'There are no files yet.'),
      isFiltered ? h('a', { href: '#/files' }, 'Show all files') : h('a', { href: '#/upload', class: 'button main' }, 'Upload some'))
  }

  let asked = 0
  async function fill() {
    const turn = ++asked
    await loading(body, async () => {
      const page = await ask()
      // The filters were changed while this was on its way.
      if (turn !== asked) return []
      show(gallery)
      append(page)
      return page.items.length > 0 ? [gallery, foot] : empty()
    })
  }

  // The filter does its work without the names of the others.
  get('/v1/collections').then(({ items }) => {
    const named = items.map(({ collection }) => collection)
    if (chosen.collection && !named.includes(chosen.collection)) named.push(chosen.collection)
    show(collections, named.map((name) => option(name, name, chosen.collection)))
  }, () => {})
  await fill()
}
