// How do numbers look as bars? With words for whoever does not see them.
import { set } from './dom.js'
import { bytes, count, day } from './format.js'

const SVG = 'http://www.w3.org/2000/svg'

/** How wide a day is drawn, of which a fifth is air. */
const STEP = 10

function element(name, properties, ...children) {
  const made = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(properties)) set(made, key, value)
  made.append(...children)
  return made
}

/** The days in a sentence: how much in all, and when the most. */
export function inWords(days) {
  const total = days.reduce((sum, { bytes }) => sum + bytes, 0)
  const uploads = days.reduce((sum, { uploads }) => sum + uploads, 0)
  if (uploads === 0) return `Last ${count(days.length, 'day')}: no uploads.`
  const busiest = days.reduce((most, other) => (other.bytes > most.bytes ? other : most))
  return `Last ${count(days.length, 'day')}: ${count(uploads, 'upload')}, ${bytes(total)}. Busiest: ${day(busiest.day)}, ${bytes(busiest.bytes)}.`
}

/** A bar for each day, as high as its bytes are many. `hint` shows each day's numbers to a pointer that rests on it. */
function bars(days, { height, hint, ...properties }) {
  const most = Math.max(...days.map(({ bytes }) => bytes), 1)
  const drawn = days.map(({ day: date, bytes: size, uploads }, index) => {
    // What is little is still not nothing.
    const tall = size === 0 ? 1 : Math.max(3, (size / most) * height)
    const bar = element('rect', { class: size === 0 ? 'none' : 'some', x: index * STEP + 1, y: height - tall, width: STEP - 2, height: tall })
    if (!hint) return bar
    const column = element('rect', { class: 'column', x: index * STEP, y: 0, width: STEP, height })
    return element('g', {}, element('title', {}, `${day(date)}: ${count(uploads, 'upload')}, ${bytes(size)}`), column, bar)
  })
  const shape = { viewBox: `0 0 ${days.length * STEP} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': inWords(days) }
  return element('svg', { ...shape, ...properties }, ...drawn)
}

/** Small enough for a row of a list. */
export const sparkline = (days) => bars(days, { class: 'spark', height: 48 })

/** The same with each day's numbers. */
export const chart = (days) => bars(days, { class: 'chart', height: 120, hint: true })

/** How much of the most is used. The text beside it says so too. */
export function meter(used, most, { isMuch }) {
  const share = Math.min(1, used / most) * 100
  const bar = element('rect', { class: isMuch ? 'much' : 'some', width: used > 0 ? Math.max(1, share) : 0, height: 1 })
  return element('svg', { class: 'meter', viewBox: '0 0 100 1', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, bar)
}
