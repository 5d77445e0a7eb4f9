// How does a list grow page by page, and change while somebody types what is looked for?
import { get, query } from './api.js'
import { h, show } from './dom.js'
import { count } from './format.js'
import { words } from './problems.js'

/** Milliseconds without typing after which somebody wants to see. */
export const REST = 250

/**
 * A list of what `path` answers. `wanted` tells the parameters to ask with at present, `rows(items)` resolves to elements
 * for these, `home` is where they go, which is shown once there are any; `noun` is what one is called, and `empty()` what is
 * shown when there is none.
 */
export function listing({ path, wanted, rows, list, home, noun, limit, empty = () => `No ${noun} is like this.` }) {
  const state = h('div', { class: 'soft', role: 'status' })
  const failure = h('div', { role: 'alert' })
  const more = h('button', { type: 'button', hidden: true, onclick: () => load(cursor) }, 'Show more')
  const element = h('div', { class: 'listing' }, state, home, failure, more)
  let cursor, asked, later
  home.hidden = true

  /** Says how many there are. */
  function tell() {
    const shown = list.childElementCount
    home.hidden = shown === 0
    more.hidden = cursor === null
    show(state, shown === 0 ? empty() : `${count(shown, noun)} shown${cursor === null ? '' : ', and there are more'}.`)
  }

  /** Brings what follows the cursor, or all from the beginning. */
  async function load(after) {
    clearTimeout(later)
    asked?.abort()
    const mine = (asked = new AbortController())
    more.disabled = true
    if (!list.hasChildNodes()) state.textContent = 'Loading …'
    home.setAttribute('aria-busy', 'true')
    show(failure)
    try {
      const page = await get(`${path}${query({ ...wanted(), limit, cursor: after })}`, { signal: mine.signal })
      const made = await rows(page.items)
      if (mine.signal.aborted) return
      const known = after ? list.childElementCount : 0
      if (!after) list.replaceChildren()
      list.append(...made)
      cursor = page.nextCursor
      tell()
      // Whoever asked for more goes on reading at the first that is new.
      const first = after && list.children[known]
      if (first) {
        first.tabIndex = -1
        first.focus({ preventScroll: true })
      }
    } catch (error) {
      if (mine.signal.aborted) return
      state.textContent = ''
      // What is left would be the answer to another question.
      if (!after) {
        list.replaceChildren()
        home.hidden = more.hidden = true
      }
      show(failure, h('div', { class: 'notice bad' }, h('p', {}, words(error)),
        h('button', { type: 'button', onclick: () => load(after) }, 'Try again')))
    } finally {
      if (!mine.signal.aborted) {
        home.removeAttribute('aria-busy')
        more.disabled = false
      }
    }
  }

  return {
    element,
    tell,
    /** From the beginning, now. */
    load: () => load(),
    /** The same once the typing has come to rest. */
    soon() {
      clearTimeout(later)
      // What is still on its way answers the old question, and a cursor goes on with that only.
      asked?.abort()
      more.disabled = true
      later = setTimeout(load, REST)
    },
    /** Forgets what was asked for. */
    leave() {
      clearTimeout(later)
      asked?.abort()
    },
  }
}

/** Keeps what is looked for in the address, so that Back and a copied link find it again. */
export const remember = (page, parameters) => history.replaceState(null, '', `#/${page}${query(parameters)}`)
