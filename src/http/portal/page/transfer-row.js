// How does a file on its way look? Its name, how far it is, in numbers and in words, and what can be done about it.
import { h, show } from './dom.js'
import { bytes, duration } from './format.js'
import { hexadecimal } from './hash.js'

/** What is said of each state that says nothing by itself. */
const STATES = {
  waiting: 'Waiting',
  finishing: 'Finishing …',
  paused: 'Paused',
  cancelling: 'Cancelling …',
  cancelled: 'Cancelled',
  done: 'Uploaded',
}

/** `3 MB of 30 MB · 5 MB/s · 6 s left`. */
export function pace(sent, size, speed) {
  const parts = [`${bytes(sent)} of ${bytes(size)}`]
  if (speed) parts.push(`${bytes(Math.round(speed))}/s`, `${duration((size - sent) / speed)} left`)
  return parts.join(' · ')
}

function said(transfer) {
  const { state, wait, file, sent, read, meter, problem } = transfer
  if (state === 'failed') return problem
  if (wait === undefined) return 'No connection. It goes on when the connection is back.'
  if (wait !== null) return `Interrupted. Trying again in ${duration(Math.ceil(wait))}.`
  if (state === 'reading') return `Reading … ${bytes(read)} of ${bytes(file.size)}`
  if (state === 'sending') return pace(sent, file.size, meter.speed())
  if (state === 'paused' && sent > 0) return `Paused · ${bytes(sent)} of ${bytes(file.size)}`
  return STATES[state]
}

/** A row, and how to bring it up to date: `{element, update}`. */
export function row(transfer) {
  const { file } = transfer
  const bar = h('progress', { max: 1, 'aria-label': `Progress of ${file.name}` })
  const state = h('p', { class: 'state' })
  const details = h('div', {})
  // One button for both ways, so that the focus stays where it is.
  const act = (text, perform, properties) =>
    h('button', { type: 'button', class: 'small', ...properties, 'aria-label': `${text} ${file.name}`, onclick: perform }, text)
  const toggle = h('button', { type: 'button', class: 'small', onclick: () => transfer[toggle.dataset.act]() })
  const cancel = act('Cancel', () => transfer.cancel(), {})
  const acts = h('div', { class: 'acts' }, toggle, cancel)
  const element = h('li', { class: 'transfer', tabindex: '-1' },
    h('div', { class: 'what' }, h('bdi', { class: 'name' }, file.name), h('small', {}, bytes(file.size))),
    bar, state, acts, details)

  const offer = () => {
    const hadFocus = element.contains(document.activeElement)
    const possible = ['pause', 'resume', 'retry'].find((name) => transfer.may(name))
    toggle.hidden = !possible
    cancel.hidden = !transfer.may('cancel')
    acts.hidden = toggle.hidden && cancel.hidden
    if (possible) {
      const text = { pause: 'Pause', resume: 'Resume', retry: 'Try again' }[possible]
      toggle.dataset.act = possible
      toggle.textContent = text
      toggle.setAttribute('aria-label', `${text} ${file.name}`)
    }
    if (hadFocus && !element.contains(document.activeElement)) element.focus()
  }
  const tellDigest = () => {
    if (!transfer.digest || transfer.state !== 'done' || details.firstChild) return
    show(details, h('details', {}, h('summary', {}, 'Details'),
      h('p', { class: 'soft' }, 'SHA-256 ', h('code', {}, hexadecimal(transfer.digest)))))
  }
  const update = () => {
    const share = transfer.state === 'reading' ? transfer.read / file.size : transfer.sent / file.size
    bar.value = transfer.state === 'done' ? 1 : share || 0
    bar.hidden = ['failed', 'cancelled'].includes(transfer.state)
    state.textContent = said(transfer)
    element.dataset.state = transfer.state
    offer()
    tellDigest()
  }
  update()
  return { element, update }
}
