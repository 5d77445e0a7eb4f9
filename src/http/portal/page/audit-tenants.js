// Which tenant does an event belong to? The audit has its id, people know its short name.
import { get, query } from './api.js'
import { h, show } from './dom.js'
import { Refusal } from './failures.js'
import { REST } from './listing.js'

/** Tenants by id; null for those that are not there any more. */
const known = new Map()

const remember = (tenants) => tenants.forEach((tenant) => known.set(tenant.id, tenant))

async function find(id) {
  try {
    known.set(id, await get(`/v1/admin/tenants/${id}`))
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 404) throw error
    known.set(id, null)
  }
}

/** The tenants of these ids, by id. */
export async function tenantsOf(ids) {
  const missing = () => [...new Set(ids)].filter((id) => id && !known.has(id))
  // One question is enough for most platforms.
  if (missing().length > 1) remember((await get('/v1/admin/tenants?limit=200')).items)
  await Promise.all(missing().map(find))
  return known
}

/** Asks for a tenant by its short name, with what fits as suggestions. `onchange` is told when it is another one. */
export function tenantFilter(id, onchange) {
  const suggestions = h('datalist', { id: 'tenants' })
  const fault = h('p', { class: 'fault', id: 'tenant-fault' })
  const input = h('input', { id: 'tenant', type: 'search', list: 'tenants', maxlength: 200, autocomplete: 'off', 'aria-describedby': 'tenant-fault' })
  let chosen = id
  let later

  async function look() {
    const text = input.value.trim()
    const { items } = text === '' ? { items: [] } : await get(`/v1/admin/tenants${query({ q: text, limit: 20 })}`)
    if (text !== input.value.trim()) return
    remember(items)
    show(suggestions, items.map(({ slug, name }) => h('option', { value: slug }, name)))
    const found = text === '' ? '' : items.find(({ slug }) => slug === text)?.id
    fault.textContent = found === undefined ? (items.length > 0 ? 'Choose one of those that fit.' : 'No tenant is like this.') : ''
    if (found === undefined || found === chosen) return
    chosen = found
    onchange()
  }

  input.addEventListener('input', () => {
    clearTimeout(later)
    later = setTimeout(() => look().catch(() => (fault.textContent = 'The tenants cannot be asked for now.')), REST)
  })
  if (id) tenantsOf([id]).then((tenants) => (input.value ||= tenants.get(id)?.slug ?? id), () => (input.value ||= id))
  return {
    read: () => chosen,
    element: h('div', {}, h('label', { for: 'tenant' }, 'Tenant'), input, suggestions, fault),
    leave: () => clearTimeout(later),
  }
}
