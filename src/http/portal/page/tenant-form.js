// What can be said about a tenant? Only what changed is sent, and a refusal is shown where it belongs.
import { patch, post } from './api.js'
import { h, show } from './dom.js'
import { Refusal } from './failures.js'
import { amount, check, choice, line, lines, size } from './fields.js'
import { notify } from './notices.js'
import { sentence, words } from './problems.js'

/** What a new tenant is like, where the admin says nothing else. Its limits are the gateway's to choose. */
const NEW = {
  name: '', claimValues: [], emailDomains: [], identityProvider: null, nativeUsers: true,
  limits: {}, isolation: 'tenant', credentialVending: false, credentialReading: false,
}

/** How people sign in. A new tenant's provider is the one way, until the admin says otherwise. */
function signIn(tenant, isNew) {
  const provider = line({ pointer: '/identityProvider', name: 'Identity provider', value: tenant.identityProvider, isOptional: true, maxlength: 32,
    hint: 'Its name in the user pool. Empty if there is none.' })
  const native = check({ pointer: '/nativeUsers', name: 'People may also sign in with a password of the user pool’s own', value: tenant.nativeUsers })
  if (isNew) provider.element.addEventListener('input', () => native.write(provider.read() === null))
  return [provider, native]
}

const groups = ({ limits, ...tenant }, isNew) => ({
  'Names': [
    line({ pointer: '/name', name: 'Name', value: tenant.name, maxlength: 200 }),
    isNew && line({ pointer: '/slug', name: 'Short name', value: '', maxlength: 63, dir: 'ltr', autocapitalize: 'none',
      hint: 'Small letters, digits and hyphens. It is part of where files are kept, so it never changes.' }),
  ],
  'Who belongs to it': [
    lines({ pointer: '/claimValues', name: 'Claim values', value: tenant.claimValues,
      hint: 'One on each line, exactly as the identity provider sends them. Whoever has one of these belongs to this tenant.' }),
    lines({ pointer: '/emailDomains', name: 'E-mail domains', value: tenant.emailDomains,
      hint: 'One on each line, such as acme.example. They lead people to where they sign in.' }),
    ...signIn(tenant, isNew),
  ],
  'Limits': [
    size({ pointer: '/limits/maxUploadBytes', name: 'Largest file', value: limits.maxUploadBytes }),
    size({ pointer: '/limits/monthlyBytes', name: 'In a month', value: limits.monthlyBytes, canBeNone: true,
      hint: '1 GB is 1,000 MB, and 1 GiB is 1,024 MiB.' }),
    amount({ pointer: '/limits/requestsPerMinute', name: 'Requests in a minute', value: limits.requestsPerMinute, canBeNone: true,
      hint: 'Of all its people together.' }),
    lines({ pointer: '/limits/allowedContentTypes', name: 'Allowed types of files', value: limits.allowedContentTypes,
      hint: 'One on each line, such as image/png, image/* or */* for all.' }),
  ],
  'Programs that write to the store themselves': [
    check({ pointer: '/credentialVending', name: 'They may have temporary S3 credentials, which write', value: tenant.credentialVending }),
    check({ pointer: '/credentialReading', name: 'These may also read and list', value: tenant.credentialReading }),
    choice({ pointer: '/isolation', name: 'They reach', value: tenant.isolation, choices: {
      tenant: 'all files of the tenant',
      user: 'only the files of the person who asked, unless that is an admin of the tenant',
    } }),
  ],
})

/** Puts `{'/limits/monthlyBytes': 1}` as `{limits: {monthlyBytes: 1}}`. */
function body(values) {
  const whole = {}
  for (const [pointer, value] of values) {
    const [, first, second] = pointer.split('/')
    if (second) (whole[first] ??= {})[second] = value
    else whole[first] = value
  }
  return whole
}

const written = (field) => JSON.stringify(field.read())

/** The form of a tenant, or of a new one. `onsaved` gets what the gateway made of it. */
export function tenantForm(tenant, onsaved) {
  const parts = groups(tenant ?? NEW, !tenant)
  const fields = Object.values(parts).flat().filter(Boolean)
  let before = new Map(fields.map((field) => [field, written(field)]))
  const changed = () => fields.filter((field) => written(field) !== before.get(field))
  const problem = h('div', { role: 'alert' })
  const submit = h('button', { class: 'main' }, tenant ? 'Save' : 'Create tenant')

  /** Shows each fault at its field, `/emailDomains/1` at `/emailDomains` too, and the rest above the button. */
  function blame(faults, otherwise) {
    const ofField = (field) => faults.filter(({ pointer }) => pointer === field.pointer || pointer.startsWith(`${field.pointer}/`))
    for (const field of fields) field.blame(ofField(field).map(sentence).join(' '))
    const wrong = fields.filter((field) => ofField(field).length > 0)
    const text = otherwise ?? (wrong.length > 0 && 'Not saved. See above what is wrong.')
    show(problem, text && h('p', { class: 'notice bad' }, text))
    wrong[0]?.focus()
  }

  async function save() {
    const own = fields.filter((field) => field.check()).map((field) => ({ pointer: field.pointer, detail: field.check() }))
    if (own.length > 0) return blame(own)
    const told = tenant ? changed() : fields.filter((field) => field.read() !== undefined)
    const change = body(told.map((field) => [field.pointer, field.read()]))
    if (tenant && Object.keys(change).length === 0) return notify('There is nothing to save: all is as it was.')
    submit.disabled = true
    try {
      const saved = tenant ? await patch(`/v1/admin/tenants/${tenant.id}`, change) : await post('/v1/admin/tenants', change)
      before = new Map(fields.map((field) => [field, written(field)]))
      blame([])
      onsaved(saved)
    } catch (error) {
      const faults = error instanceof Refusal ? error.faults : []
      const known = faults.filter(({ pointer }) => fields.some((field) => pointer === field.pointer || pointer.startsWith(`${field.pointer}/`)))
      blame(known, known.length < faults.length || known.length === 0 ? words(error) : undefined)
    } finally {
      submit.disabled = false
    }
  }

  const element = h('form', { class: 'settings', novalidate: true, onsubmit: (event) => {
    event.preventDefault()
    save()
  } },
  Object.entries(parts).map(([name, members]) => h('fieldset', {}, h('legend', {}, h(tenant ? 'h3' : 'h2', {}, name)), !tenant && name === 'Limits' && h('p', { class: 'soft' }, 'What is left empty begins as the gateway’s settings have it.'), members.filter(Boolean).map((field) => field.element))),
  problem, h('div', { class: 'actions' }, submit))
  return { element, isChanged: () => changed().length > 0, focus: () => submit.focus({ preventScroll: true }) }
}
