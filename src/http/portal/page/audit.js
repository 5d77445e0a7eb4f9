// Who did what, and when? For a tenant's admin its own tenant, for a platform admin all of them.
import { ACTIONS, inWords } from './audit-actions.js'
import { exports } from './audit-export.js'
import { tenantFilter, tenantsOf } from './audit-tenants.js'
import { h, show } from './dom.js'
import { exactTime } from './format.js'
import { listing, remember } from './listing.js'

/** The choice that lets somebody write an action that this page does not know. */
const ANOTHER = 'another'

const known = (value) => Object.values(ACTIONS).some((actions) => Object.hasOwn(actions, value))

/** Which action: one that is known, or any other by its name, as `upload.*`. */
function actionFilter(value) {
  const select = h('select', { id: 'action' },
    h('option', { value: '' }, 'Any'),
    Object.entries(ACTIONS).map(([about, actions]) =>
      h('optgroup', { label: about }, Object.entries(actions).map(([action, text]) => h('option', { value: action }, text)))),
    h('option', { value: ANOTHER }, 'By its name …'))
  const other = h('input', { type: 'text', 'aria-label': 'Name of the action', placeholder: 'upload.*', maxlength: 64, autocomplete: 'off', spellcheck: 'false' })
  const follow = () => (other.hidden = select.value !== ANOTHER)
  select.addEventListener('change', () => {
    follow()
    if (!other.hidden) other.focus()
  })
  select.value = value === '' || known(value) ? value : ANOTHER
  if (select.value === ANOTHER) other.value = value
  follow()
  const read = () => (select.value === ANOTHER ? other.value.trim() : select.value)
  return { read, element: h('div', {}, h('label', { for: 'action' }, 'What'), select, other) }
}

/** A text that must be the whole of something. */
function textFilter(id, name, value, longest) {
  const input = h('input', { id, type: 'search', maxlength: longest, autocomplete: 'off', spellcheck: 'false', value })
  return { read: () => input.value.trim(), element: h('div', {}, h('label', { for: id }, name), input) }
}

/** A moment: in the reader's own zone on the page, in UTC for everyone else. */
function timeFilter(id, name, value) {
  const input = h('input', { id, type: 'datetime-local', max: '9999-12-31T23:59' })
  const at = new Date(value)
  if (!Number.isNaN(at.valueOf())) input.value = new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
  return {
    read: () => (input.value && new Date(input.value).toISOString()),
    element: h('div', {}, h('label', { for: id }, name), input),
  }
}

/** What else is known, as `size: 12`. */
const details = ({ requestId, detail, address, traceId }) => {
  const about = Object.entries({ ...detail, from: address, request: requestId, trace: traceId }).filter(([, value]) => value !== null)
  return h('ul', { class: 'plain' }, about.map(([name, value]) =>
    h('li', {}, h('small', {}, `${name}: `), h('bdi', {}, typeof value === 'object' ? JSON.stringify(value) : String(value)))))
}

/** Shows the page. */
export function view(place, { page, parameters, me }) {
  const isPlatform = page === 'platform-audit'
  const path = isPlatform ? '/v1/admin/audit' : '/v1/audit'
  const given = (name) => parameters.get(name) ?? ''
  const filters = {
    ...(isPlatform && { tenant: tenantFilter(given('tenant'), () => look(found.load)) }),
    action: actionFilter(given('action')),
    subject: textFilter('subject', 'Who (id)', given('subject'), 128),
    upload: textFilter('upload', 'Upload (id)', given('upload'), 36),
    from: timeFilter('from', 'From', given('from')),
    to: timeFilter('to', 'Before', given('to')),
  }
  const wanted = () => Object.fromEntries(Object.entries(filters).map(([name, { read }]) => [name, read()]))

  const row = ({ id, at, tenantId, subject, action, uploadId, ...event }, tenants) => h('tr', { 'data-id': id },
    h('th', { scope: 'row' }, h('time', { datetime: at }, exactTime(at))),
    isPlatform && h('td', {}, tenantId && h('a', { href: `#/tenant/${tenantId}` }, tenants.get(tenantId)?.slug ?? tenantId)),
    h('td', {}, h('code', {}, subject), subject === me.subject && ' (you)'),
    h('td', {}, inWords(action), h('br'), h('small', {}, h('code', {}, action))),
    h('td', {}, uploadId && h('a', { href: `#/${page}?upload=${uploadId}`, 'aria-label': `All about upload ${uploadId}` }, h('code', {}, uploadId))),
    h('td', {}, details(event)))

  const list = h('tbody', {})
  const heads = ['When', isPlatform && 'Tenant', 'Who', 'What', 'Upload', 'Details'].filter(Boolean)
  const found = listing({
    path,
    wanted,
    rows: async (events) => {
      const tenants = isPlatform && (await tenantsOf(events.map(({ tenantId }) => tenantId)))
      return events.map((event) => row(event, tenants))
    },
    list,
    home: h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Events' },
      h('table', { class: 'audit' }, h('thead', {}, h('tr', {}, heads.map((text) => h('th', { scope: 'col' }, text)))), list)),
    noun: 'event',
    limit: 50,
  })
  const look = (when) => {
    remember(page, wanted())
    when()
  }
  const form = h('form', { class: 'toolbar many', role: 'search', 'aria-label': 'Events', onsubmit: (event) => {
    event.preventDefault()
    look(found.load)
  }, oninput: (event) => event.target.id !== 'tenant' && look(found.soon) }, Object.values(filters).map(({ element }) => element))
  const saving = exports(path, wanted)
  show(place,
    h('div', { class: 'head' }, h('h1', {}, isPlatform ? 'Audit of all tenants' : 'Audit'), saving.element),
    form, found.element)
  found.load()
  return () => {
    found.leave()
    saving.leave()
    filters.tenant?.leave()
  }
}
