// How does a person upload? Files are dropped anywhere, chosen, or taken with the camera, and each is seen on its way.
import { get } from './api.js'
import { h, show } from './dom.js'
import { bytes, count } from './format.js'
import { notify } from './notices.js'
import { pace, row } from './transfer-row.js'
import { add, all, clear, listen, retry, total } from './transfers.js'
import { unfinished } from './unfinished.js'

/** Milliseconds between two sayings to a screen reader. */
const BREATH = 3000

/** The last one stays, for most people fill one collection at a time. */
let lastCollection = ''

/** The files of a drop. A browser gives a folder's name and nothing in it. */
function dropped({ items, files }) {
  const folders = [...items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry?.isDirectory)
  for (const folder of folders) notify(`“${folder.name}” is a folder. Open it and choose the files in it.`, { isBad: true })
  return [...files].filter(({ name }) => !folders.some((folder) => folder.name === name))
}

/** The page `#/upload`. */
export async function view(place, { me }) {
  const { limits } = me
  const rows = new Map()
  let claim = () => false

  const names = h('datalist', { id: 'collections' })
  const collection = h('input', {
    id: 'collection', list: 'collections', maxlength: 64, pattern: '[A-Za-z0-9][A-Za-z0-9._\\-]*', placeholder: 'default', value: lastCollection,
    autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', 'aria-describedby': 'collection-rule',
    title: 'Letters A to Z, digits, and . _ - in between', oninput: () => (lastCollection = collection.value),
  })

  const take = (files) => {
    if (!collection.reportValidity()) return
    const fresh = files.filter((file) => !claim(file))
    add(fresh, { collection: collection.value, limits })
    arrange()
  }
  const chooser = (id, text, properties, look) => {
    const input = h('input', { type: 'file', id, class: 'unseen', ...properties, onchange: () => {
      const files = [...input.files]
      // The same file can be chosen again.
      input.value = ''
      take(files)
    } })
    return [input, h('label', { for: id, class: `button ${look}` }, text)]
  }
  const hasCamera = matchMedia('(pointer: coarse)').matches
  const zone = h('div', { class: 'zone' },
    h('p', { class: 'invitation' }, hasCamera ? 'Choose files, or take a photo' : 'Drop files here'),
    h('div', { class: 'choosers' },
      chooser('files', 'Choose files', { multiple: true }, 'main'),
      hasCamera && chooser('photo', 'Take a photo', { accept: 'image/*', capture: 'environment' }, '')),
    h('p', { class: 'soft' }, `Up to ${bytes(limits.maxUploadBytes)} a file${limits.allowedContentTypes.includes('*/*') ? '' : `, of these types: ${limits.allowedContentTypes.join(', ')}`}.`))

  const bar = h('progress', { max: 1, 'aria-label': 'Progress of all files' })
  const sum = h('p', { class: 'state' })
  const list = h('ul', { class: 'transfers' })
  const clearing = h('button', { type: 'button', class: 'small', onclick: () => {
    clear()
    arrange()
    heading.focus()
  } }, 'Clear the list')
  const retrying = h('button', { type: 'button', class: 'small', onclick: () => {
    retry()
    heading.focus()
  } }, 'Try all again')
  const heading = h('h2', { tabindex: '-1' }, 'Your files')
  const overall = h('section', { class: 'overall', 'aria-label': 'All files' }, bar, sum, h('div', { class: 'acts' }, retrying, clearing))
  const transfers = h('section', { hidden: true }, heading, overall, list)
  const aloud = h('p', { class: 'unseen', role: 'status' })
  const left = h('section', { hidden: true })

  show(place, h('h1', {}, 'Upload'), zone,
    h('div', { class: 'field collection' }, h('label', { for: 'collection' }, 'Collection'), collection, names,
      h('small', { id: 'collection-rule' }, 'A folder of your choice. When it is empty, files go into “default”.')),
    left, transfers, aloud)

  function arrange() {
    const now = all()
    for (const [transfer, { element }] of rows) {
      if (now.includes(transfer)) continue
      element.remove()
      rows.delete(transfer)
    }
    for (const transfer of now.filter((transfer) => !rows.has(transfer))) {
      const made = row(transfer)
      rows.set(transfer, made)
      list.append(made.element)
    }
    transfers.hidden = now.length === 0
    summarise()
  }

  let [spokenAt, spoken] = [0, '']
  function summarise() {
    const { files, done, failed, size, sent, speed } = total()
    const came = files > 0 && `${done} of ${count(files, 'file')} uploaded`
    const score = [came, failed > 0 && `${came ? failed : count(failed, 'file')} failed`].filter(Boolean).join(', ')
    bar.value = size === 0 ? 0 : sent / size
    bar.hidden = files === 0
    sum.textContent = done < files ? `${score} · ${pace(sent, size, speed)}` : score && `${score}.`
    retrying.hidden = failed < 2
    clearing.hidden = !all().some(({ hasEnded, state }) => hasEnded || state === 'failed')
    const isDue = performance.now() - spokenAt > BREATH || done === files
    if (score === spoken || !isDue || all().length === 0) return
    spokenAt = performance.now()
    spoken = aloud.textContent = score
  }

  const stopListening = listen((changed) => {
    for (const transfer of changed) rows.get(transfer)?.update()
    summarise()
  })
  // What stands still tells nothing, and its speed falls all the same.
  const ticking = setInterval(() => {
    for (const [transfer, { update }] of rows) if (transfer.isRunning) update()
    summarise()
  }, 1000)

  const drops = new AbortController()
  const onDrag = (event, isOver) => {
    if (!event.dataTransfer?.types.includes('Files')) return false
    event.preventDefault()
    zone.classList.toggle('over', isOver)
    return true
  }
  addEventListener('dragover', (event) => onDrag(event, true), drops)
  addEventListener('dragleave', (event) => event.relatedTarget === null && onDrag(event, false), drops)
  addEventListener('drop', (event) => onDrag(event, false) && take(dropped(event.dataTransfer)), drops)

  arrange()
  // Neither is worth a word when it fails: the page does its work without them.
  get('/v1/collections').then(({ items }) => show(names, items.map((item) => h('option', { value: item.collection }))), () => {})
  const begin = (file, upload) => {
    add([file], { upload, collection: upload.collection, limits })
    arrange()
    if (document.activeElement === document.body) heading.focus()
  }
  unfinished(left, { subject: me.subject, begin }).then((found) => ({ claim } = found), () => {})

  return () => {
    stopListening()
    clearInterval(ticking)
    drops.abort()
  }
}
