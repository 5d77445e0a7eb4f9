// What did this tenant use, and how much may it? For its own admin.
import { get } from './api.js'
import { h, show } from './dom.js'
import { bytes, number } from './format.js'
import { loading } from './notices.js'
import { figures } from './usage-figures.js'

const limitsOf = ({ maxUploadBytes, allowedContentTypes, monthlyBytes, requestsPerMinute }) => {
  const rows = {
    'Largest file': bytes(maxUploadBytes),
    'Kinds of files': allowedContentTypes.includes('*/*') ? 'all' : allowedContentTypes.join(', ') || 'none',
    'In a month': monthlyBytes === null ? 'no limit' : bytes(monthlyBytes),
    'Requests in a minute': requestsPerMinute === null ? 'no limit' : number(requestsPerMinute),
  }
  return h('dl', { class: 'facts' }, Object.entries(rows).flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]))
}

/** Shows the page. */
export function view(place) {
  const body = h('div', {})
  show(place, h('h1', {}, 'Usage'), body)
  loading(body, async () => {
    // Asked anew, because the month goes on while the portal is open.
    const [usage, me] = await Promise.all([get('/v1/usage'), get('/v1/me')])
    return h('div', { class: 'halves' },
      h('section', { 'aria-label': 'Used' }, h('h2', {}, 'Used'), figures(usage, me.usage, me.limits)),
      h('section', { 'aria-label': 'Limits' }, h('h2', {}, 'Limits'), limitsOf(me.limits),
        h('p', { class: 'soft' }, 'The platform’s administrators can change these.')))
  })
}
