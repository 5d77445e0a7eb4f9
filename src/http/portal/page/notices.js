// What does the page say of its own accord, and how does it ask before it does what cannot be undone?
import { h, show } from './dom.js'
import { words } from './problems.js'

/** Seconds that good news stays. Bad news stays until it is put away. */
const STAY = 6

/** Says something, to the eye and to a screen reader. */
export function notify(text, { isBad = false } = {}) {
  const notice = h('div', { class: isBad ? 'notice bad' : 'notice' },
    h('p', {}, text),
    h('button', { type: 'button', class: 'plain', 'aria-label': 'Put this message away', onclick: () => notice.remove() }, '×'))
  document.getElementById('notices').append(notice)
  if (!isBad) setTimeout(() => notice.remove(), STAY * 1000)
}

/** Says what went wrong. */
export const complain = (error) => notify(words(error), { isBad: true })

/**
 * Asks, and tells the answer. Esc, a click outside and the first button, which has the focus, all mean no.
 * `question` is the heading, `explanation` what will come of a yes.
 */
export function confirm(question, explanation, yes, { isDangerous = true } = {}) {
  return new Promise((resolve) => {
    const answer = (text, value, properties) =>
      h('button', { type: 'button', ...properties, onclick: () => dialog.close(value) }, text)
    const dialog = h('dialog', { 'aria-labelledby': 'question', onclose: () => {
      dialog.remove()
      resolve(dialog.returnValue === 'yes')
    }, onclick: (event) => event.target === dialog && dialog.close('no') },
    h('div', { class: 'inside' },
      h('h2', { id: 'question' }, question),
      [explanation].flat().map((text) => h('p', {}, text)),
      h('div', { class: 'actions' },
        answer('Cancel', 'no', { autofocus: true }),
        answer(yes, 'yes', { class: isDangerous ? 'danger' : 'main' }))))
    document.body.append(dialog)
    dialog.showModal()
  })
}

const turns = new WeakMap()

/** Shows in that place that something is being fetched, then what `load` made of it, or what went wrong, with a way to try again. */
export async function loading(place, load) {
  const turn = {}
  turns.set(place, turn)
  // What was overtaken by a later question to the same place is not shown any more.
  const answer = (...children) => turns.get(place) === turn && show(place, ...children)
  answer(h('p', { class: 'soft', 'aria-busy': 'true' }, 'Loading …'))
  try {
    answer(await load())
  } catch (error) {
    answer(h('div', { class: 'notice bad', role: 'alert' }, h('p', {}, words(error)),
      h('button', { type: 'button', onclick: () => loading(place, load) }, 'Try again')))
  }
}
