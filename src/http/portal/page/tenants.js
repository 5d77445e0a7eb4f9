// Which tenants are there, and how are they? For platform admins.
import { sparkline } from './charts.js'
import { h, show } from './dom.js'
import { time } from './format.js'
import { listing, remember } from './listing.js'
import { ofMonth } from './usage-figures.js'

const STATUSES = { '': 'All', active: 'Active', suspended: 'Suspended' }

/** What a tenant's status looks like. */
export const badge = (status) => h('span', { class: `badge ${status === 'active' ? 'good' : 'bad'}` }, STATUSES[status] ?? status)

const row = (tenant) => h('li', {},
  h('div', { class: 'who' },
    h('h2', {}, h('a', { href: `#/tenant/${tenant.id}` }, h('bdi', {}, tenant.name))),
    h('code', {}, tenant.slug), ' ', badge(tenant.status)),
  h('div', {}, h('small', {}, 'This month'), ofMonth(tenant.usage, tenant.limits)),
  h('div', {}, h('small', {}, 'Last 30 days'), sparkline(tenant.days)),
  h('div', {}, h('small', {}, 'Last change'), h('time', { datetime: tenant.updatedAt }, time(tenant.updatedAt))))

/** Shows the page. */
export function view(place, { page, parameters }) {
  const search = h('input', { id: 'q', type: 'search', maxlength: 200, autocomplete: 'off', value: parameters.get('q') ?? '' })
  const status = h('select', { id: 'status' }, Object.entries(STATUSES).map(([value, text]) => h('option', { value }, text)))
  status.value = parameters.get('status') ?? ''
  if (status.selectedIndex < 0) status.value = ''
  const wanted = () => ({ q: search.value.trim(), status: status.value })
  const list = h('ul', { class: 'tenants' })
  const found = listing({
    path: '/v1/admin/tenants',
    wanted: () => ({ include: 'usage', ...wanted() }),
    rows: (tenants) => tenants.map(row),
    list,
    home: list,
    noun: 'tenant',
    limit: 25,
  })
  const look = (when) => {
    remember(page, wanted())
    when()
  }
  show(place,
    h('div', { class: 'head' }, h('h1', {}, 'Tenants'), h('a', { class: 'button main', href: '#/tenant/new' }, 'New tenant')),
    h('form', { class: 'toolbar', role: 'search', onsubmit: (event) => {
      event.preventDefault()
      look(found.load)
    } },
    h('div', {}, h('label', { for: 'q' }, 'Name or short name'), search),
    h('div', {}, h('label', { for: 'status' }, 'Status'), status)),
    found.element)
  search.addEventListener('input', () => look(found.soon))
  status.addEventListener('change', () => look(found.load))
  found.load()
  return found.leave
}
