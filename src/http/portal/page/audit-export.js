// How does somebody keep what the audit says? As a file of everything that the filters let through, not of one page.
import { ask, query } from './api.js'
import { h } from './dom.js'
import { complain, notify } from './notices.js'

const KINDS = { CSV: ['text/csv', 'csv'], NDJSON: ['application/x-ndjson', 'ndjson'] }

/** Hands the browser a file to keep. */
function keep(content, name) {
  const address = URL.createObjectURL(content)
  h('a', { href: address, download: name }).click()
  // The download has begun by then, and holds the content itself.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

/** Whether all of it came cannot be told from a file that ends too soon. */
const whole = (answer) =>
  answer.blob().catch((cause) => {
    throw Object.assign(new Error('The export broke off. Try again, or export less at once.', { cause }), { isForPeople: true })
  })

/** A button for each kind of file. */
export function exports(path, wanted) {
  const leaving = new AbortController()
  const buttons = Object.entries(KINDS).map(([kind, [type, ending]]) => {
    const button = h('button', { type: 'button', onclick: async () => {
      button.disabled = true
      button.textContent = 'Exporting …'
      try {
        const answer = await ask('GET', path + query(wanted()), { headers: { accept: type }, signal: leaving.signal })
        keep(await whole(answer), `audit-${new Date().toISOString().slice(0, 10)}.${ending}`)
        notify('The export is among your downloads.')
      } catch (error) {
        if (!leaving.signal.aborted) complain(error)
      }
      button.textContent = `Export ${kind}`
      button.disabled = false
    } }, `Export ${kind}`)
    return button
  })
  return { element: h('div', { class: 'actions' }, buttons), leave: () => leaving.abort() }
}
