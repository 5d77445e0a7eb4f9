// How does a person use the portal? They sign in, choose files, and look at what is said of each.
import { onPage } from './browser.js'
import { sandbox } from './sandbox.js'

export const portal = `${sandbox.publicUrl}/portal/`

/** Opens the portal and closes it after `use`. A failure prints what the page said. */
export const openPortal = (browser, use, options) => onPage(browser, portal, use, options)

/** Signs in on the open portal: at the company's own identity provider, or with the password where there is none. */
export async function signIn(page, email) {
  const { tenant, password } = sandbox.users.find((user) => user.email === email)
  await sayWho(page, email)
  if (tenant) {
    await page.getByRole('button', { name: email }).click()
  } else {
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
  await isSignedIn(page)
}

/** Signs in where the browser is signed in at the identity provider already, which asks nothing. */
export async function signInAgain(page, email) {
  await sayWho(page, email)
  await isSignedIn(page)
}

async function sayWho(page, email) {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByRole('button', { name: 'Continue' }).click()
}

async function isSignedIn(page) {
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  await page.getByRole('heading', { level: 1 }).waitFor()
}

/** Goes to a page by the navigation. */
export async function goTo(page, title) {
  await page.getByRole('navigation').getByRole('link', { name: title, exact: true }).click()
  await page.getByRole('heading', { level: 1 }).waitFor()
}

/** Chooses files on the upload page. */
export const choose = (page, ...files) => page.getByLabel('Choose files').setInputFiles(files.map(({ path }) => path))

/** The row of a file on the upload page, or its card on the files page. */
export const itemOf = (page, { name }) => page.getByRole('listitem').filter({ hasText: name })

/** Waits until that is said of the file. */
export const isSaid = (page, file, text) => itemOf(page, file).getByText(text).waitFor({ timeout: 60_000 })

/** Records the requests to S3 as the numbers of the parts that they send. What `hold` is true of never gets there. */
export async function watchParts(page, hold = () => false) {
  const sent = []
  await page.route(/partNumber=/, (route) => {
    if (route.request().method() !== 'PUT') return route.continue()
    const number = Number(new URL(route.request().url()).searchParams.get('partNumber'))
    if (hold(number)) return undefined
    sent.push(number)
    return route.continue()
  })
  return sent
}
