// How is one tenant, and what may be done about it? For platform admins.
import { get, post } from './api.js'
import { h, show } from './dom.js'
import { time } from './format.js'
import { guard } from './leaving.js'
import { complain, confirm, loading, notify } from './notices.js'
import { tenantForm } from './tenant-form.js'
import { badge } from './tenants.js'
import { figures } from './usage-figures.js'

const back = () => h('p', {}, h('a', { href: '#/tenants' }, '← All tenants'))

const REVOCATIONS = {
  'not-permitted': 'Nothing was revoked: the gateway may not write the upload role’s policy (iam:PutRolePolicy).',
  failed: 'Nothing was revoked: IAM did not do it. Suspend once more through the API to try again.',
}

/** What a suspension leaves of what was handed out. */
const effects = ({ revocation, urlsUntil, credentialsUntil }) => h('div', { class: revocation in REVOCATIONS ? 'notice bad' : 'notice' },
  h('div', {},
    h('p', {}, 'Suspended. Its people’s requests are refused from now on.'),
    revocation in REVOCATIONS && h('p', {}, REVOCATIONS[revocation]),
    revocation === 'made' && h('p', {}, 'What was handed out is revoked: S3 refuses it some seconds from now on.'),
    revocation !== 'made' && h('p', {}, 'URLs that were handed out already work until ', h('time', { datetime: urlsUntil }, time(urlsUntil)), ' at the latest.'),
    revocation !== 'made' && credentialsUntil && h('p', {}, 'Temporary credentials work until ', h('time', { datetime: credentialsUntil }, time(credentialsUntil)), ' at the latest.')))

/** Asks, and answers what to send; nothing when the answer is no. */
async function suspension({ name, credentialVending }) {
  const revoke = h('input', { type: 'checkbox' })
  const isMeant = await confirm(['Suspend ', h('bdi', {}, name), '?'], [
    'Its people’s next request is refused, everywhere within a second.',
    'URLs that were handed out already work until they expire.',
    ...(credentialVending ? ['So do temporary credentials.'] : []),
    h('label', { class: 'check' }, revoke, ' Revoke them now'),
    'Its files stay as they are, and you can activate it again.',
  ], 'Suspend')
  return isMeant && { revokeOutstanding: revoke.checked }
}

const activation = async ({ name }) =>
  (await confirm(['Activate ', h('bdi', {}, name), '?'], 'Its people are served again, everywhere within a second.', 'Activate', { isDangerous: false })) && {}

/** Says how the tenant is, and suspends or activates it. */
function standing(tenant) {
  const state = h('span', {}, badge(tenant.status))
  const said = h('div', { role: 'status' })
  const button = h('button', { type: 'button' })
  const draw = () => {
    const isActive = tenant.status === 'active'
    show(state, badge(tenant.status))
    button.textContent = isActive ? 'Suspend …' : 'Activate …'
    button.className = isActive ? 'danger' : 'main'
  }
  async function turn() {
    const [step, ask] = tenant.status === 'active' ? ['suspend', suspension] : ['activate', activation]
    const wish = await ask(tenant)
    if (!wish) return
    button.disabled = true
    try {
      const answer = await post(`/v1/admin/tenants/${tenant.id}/${step}`, wish)
      tenant.status = answer.status
      show(said, answer.outstanding ? effects(answer.outstanding) : h('p', { class: 'notice' }, 'Active again. Its people are served from now on.'))
      draw()
    } catch (error) {
      complain(error)
    }
    button.disabled = false
    button.focus()
  }
  button.addEventListener('click', turn)
  draw()
  return { state, button, said }
}

/** The page of a tenant that is there. Answers whether something in it is not saved. */
function open(place, tenant) {
  const { state, button, said } = standing(tenant)
  const name = h('bdi', {}, tenant.name)
  const usage = h('div', {})
  const settings = h('div', {})
  let form
  const edit = () => {
    form = tenantForm(tenant, (saved) => {
      Object.assign(tenant, saved)
      name.textContent = saved.name
      // Anew, because the gateway puts lists in order and limits show beside what is used.
      edit()
      form.focus()
      measure()
      notify('Saved.')
    })
    show(settings, form.element)
  }
  const measure = () => loading(usage, async () =>
    h('div', {}, figures(await get(`/v1/admin/tenants/${tenant.id}/usage`), tenant.usage, tenant.limits)))
  edit()
  measure()
  document.title = `${tenant.name} – Uploads`
  show(place,
    back(),
    h('div', { class: 'head' },
      h('div', {}, h('h1', {}, name), h('code', {}, tenant.slug), ' ', state),
      h('div', { class: 'actions' }, h('a', { class: 'button', href: `#/platform-audit?tenant=${tenant.id}` }, 'Audit'), button)),
    said,
    h('div', { class: 'halves' },
      h('section', { 'aria-label': 'Usage' }, h('h2', {}, 'Usage'), usage),
      h('section', { 'aria-label': 'Settings' }, h('h2', {}, 'Settings'), settings)))
  return () => form.isChanged()
}

/** Shows the page. */
export function view(place, { rest: [id] }) {
  let isChanged = () => false
  const release = guard(() => isChanged(), { question: 'Leave without saving?', explanation: 'What you changed here is not saved yet.', yes: 'Leave' })
  if (id === 'new') {
    const form = tenantForm(undefined, (made) => {
      isChanged = () => false
      notify('Created.')
      location.hash = `#/tenant/${made.id}`
    })
    isChanged = form.isChanged
    show(place, back(), h('h1', {}, 'New tenant'), form.element)
  } else {
    const body = h('div', {})
    show(place, back(), h('h1', {}, 'Tenant'), body)
    loading(body, async () => {
      isChanged = open(place, await get(`/v1/admin/tenants/${encodeURIComponent(id ?? '')}`))
    })
  }
  return release
}
