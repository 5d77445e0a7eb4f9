// How does a tenant's usage look? To its own admin as to the platform's.
import { chart, inWords, meter } from './charts.js'
import { h } from './dom.js'
import { bytes, count, day, month, number } from './format.js'

/** From this share of the month's bytes on, the bar warns. */
const MUCH = 0.8

/** What is used of the month's bytes, as a bar and in words. */
export function ofMonth({ bytes: used }, { monthlyBytes }) {
  if (monthlyBytes === null) return h('div', {}, `${bytes(used)}, no limit`)
  const said = `${bytes(used)} of ${bytes(monthlyBytes)}`
  return h('div', {}, meter(used, monthlyBytes, { isMuch: used >= monthlyBytes * MUCH }), h('span', {}, said))
}

/** A table that scrolls by itself where it is too wide. Cells that are numbers stand to the right. */
export function table(name, heads, rows) {
  const cell = (value, index) =>
    index === 0 ? h('th', { scope: 'row' }, value) : h('td', { class: heads[index].isNumber && 'number' }, value)
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': name },
    h('table', {},
      h('thead', {}, h('tr', {}, heads.map(({ text, isNumber }) => h('th', { scope: 'col', class: isNumber && 'number' }, text)))),
      h('tbody', {}, rows.map((row) => h('tr', {}, row.map(cell))))))
}

const text = (text) => ({ text })
const figure = (text) => ({ text, isNumber: true })

/** The latest thirty days, months and collections. `usage` is the gateway's answer, `now` the month's own usage. */
export function figures({ days, months, collections }, now, limits) {
  const underWay = now.reservedBytes > 0 && `, ${bytes(now.reservedBytes)} of these bytes still under way`
  return [
    h('h3', {}, 'This month'),
    ofMonth(now, limits),
    h('p', { class: 'soft' }, `${count(now.uploads, 'upload')}${underWay || ''}. Months are counted in UTC.`),
    h('h3', {}, 'Last 30 days'),
    h('figure', {}, chart(days), h('div', { class: 'ends', 'aria-hidden': 'true' }, h('span', {}, day(days[0].day)), h('span', {}, 'today')),
      h('figcaption', { class: 'soft', 'aria-hidden': 'true' }, inWords(days))),
    h('details', {}, h('summary', {}, 'The days as a table'),
      table('Days', [text('Day'), figure('Uploads'), figure('Size')],
        days.toReversed().map((of) => [day(of.day), number(of.uploads), bytes(of.bytes)]))),
    h('h3', {}, 'Months'),
    months.length === 0
      ? h('p', {}, 'Nothing was uploaded yet.')
      : table('Months', [text('Month'), figure('Uploads'), figure('Size')],
        months.map((of) => [month(of.month), number(of.uploads), bytes(of.bytes)])),
    h('h3', {}, 'Collections'),
    collections.length === 0
      ? h('p', {}, 'No collection holds a file.')
      : table('Collections', [text('Collection'), figure('Files'), figure('Size')],
        collections.map((of) => [of.collection, number(of.uploads), bytes(of.bytes)])),
  ]
}
