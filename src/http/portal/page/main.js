// What is shown when? From the first load to each page, by the part of the address after the `#`.
import { get } from './api.js'
import { h, set, show } from './dom.js'
import { mayLeave } from './leaving.js'
import { words } from './problems.js'
import { signIn } from './sign-in.js'
import { finish, person, resume, signOut } from './session.js'

const isMember = ({ tenant }) => tenant !== null
const isTenantAdmin = ({ role }) => role === 'tenant-admin'
const isPlatformAdmin = ({ role }) => role === 'platform-admin'

/** Each page: its heading, who sees it, and what shows it. `listed` ones stand in the navigation. */
const PAGES = {
  upload: { title: 'Upload', who: isMember, listed: true, load: () => import('./upload.js') },
  files: { title: 'Files', who: isMember, listed: true, load: () => import('./files.js') },
  usage: { title: 'Usage', who: isTenantAdmin, listed: true, load: () => import('./usage.js') },
  audit: { title: 'Audit', who: isTenantAdmin, listed: true, load: () => import('./audit.js') },
  tenants: { title: 'Tenants', who: isPlatformAdmin, listed: true, load: () => import('./tenants.js') },
  tenant: { title: 'Tenant', who: isPlatformAdmin, load: () => import('./tenant.js') },
  'platform-audit': { title: 'Audit of all tenants', who: isPlatformAdmin, listed: true, load: () => import('./audit.js') },
}

const main = document.getElementById('main')
const navigation = document.querySelector('nav')
let me
let leave
let shown = ''

/** `#/tenant/123?x=1` as its page's name, what follows, and its parameters. What no page has is the first page. */
function address() {
  const [path, parameters] = location.hash.slice(2).split('?')
  const [name, ...rest] = path.split('/')
  const mayBeSeen = Object.hasOwn(PAGES, name) && PAGES[name].who(me)
  const page = mayBeSeen ? name : Object.keys(PAGES).find((key) => PAGES[key].who(me))
  return { page, rest, parameters: new URLSearchParams(parameters) }
}

async function route({ isFirst = false } = {}) {
  // Other fragments, such as the skip link's, are places on the page.
  if (location.hash && !location.hash.startsWith('#/')) return
  if (!(await mayLeave())) return history.pushState(null, '', location.pathname + shown)
  shown = location.hash
  const { page, rest, parameters } = address()
  const { title, load } = PAGES[page]
  leave?.()
  leave = undefined
  document.title = `${title} – Uploads`
  for (const link of navigation.querySelectorAll('a')) set(link, 'aria-current', link.dataset.page === page && 'page')
  const place = h('div', {})
  show(main, place)
  try {
    const { view } = await load()
    const end = await view(place, { me, page, rest, parameters })
    // Whoever went on to another page meanwhile is not brought back.
    if (main.firstChild === place) leave = end
    else end?.()
  } catch (error) {
    show(place, h('h1', {}, title), h('p', { class: 'notice bad', role: 'alert' }, words(error)))
  }
  // A new page is read from its beginning; the first one is where the reader is anyway.
  if (!isFirst) main.focus({ preventScroll: true })
}

async function goodbye() {
  if (person() && (await mayLeave({ isForGood: true }))) signOut()
}

function greet() {
  const pages = Object.entries(PAGES).filter(([, page]) => page.listed && page.who(me))
  show(navigation, pages.map(([name, { title }]) => h('a', { href: `#/${name}`, 'data-page': name }, title)))
  navigation.hidden = false
  const place = document.getElementById('person')
  show(place, h('span', {}, person().email, me.tenant && h('small', {}, me.tenant.name)),
    h('button', { type: 'button', onclick: goodbye }, 'Sign out'))
  place.hidden = false
}

// A page that Back brings out of the browser's memory may show what somebody saw who signed out since.
addEventListener('pageshow', ({ persisted }) => persisted && !person() && location.reload())

document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault()
  main.focus()
})

async function start() {
  try {
    await finish()
    if (!person() && (await resume())) return
  } catch (error) {
    return signIn(main, words(error))
  }
  if (!person()) return signIn(main)
  await enter()
}

async function enter() {
  try {
    me = await get('/v1/me')
  } catch (error) {
    show(main, h('div', { class: 'card narrow' }, h('h1', {}, 'You are signed in, and cannot go on'), h('p', { role: 'alert' }, words(error)),
      h('div', { class: 'actions' }, h('button', { type: 'button', onclick: enter }, 'Try again'), h('button', { type: 'button', onclick: goodbye }, 'Sign out'))))
    return
  }
  greet()
  addEventListener('hashchange', () => route())
  await route({ isFirst: true })
}

await start()
