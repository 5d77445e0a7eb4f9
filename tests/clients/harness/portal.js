// How does a person come into the portal, and go?
import { onPage } from './browser.js'
import { sandbox } from './sandbox.js'

export const portal = `${sandbox.publicUrl}/portal/`

/** A page of its own, with nothing remembered. `use` gets it, and what the browser has to complain about. */
export const openPortal = (browser, use) => onPage(browser, 'about:blank', use)

/**
 * Signs in as a person does: by address, then at the company's identity provider, or with the password where there is none.
 * `isOpen` says that the portal is on the page already.
 */
export async function signIn(page, email, { isOpen = false } = {}) {
  if (!isOpen) await page.goto(portal)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`${sandbox.cognitoUrl}/**`)
  const { password, tenant } = sandbox.users.find((user) => user.email === email)
  if (tenant) await page.getByRole('button', { name: email }).click()
  else {
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
  await page.getByRole('button', { name: 'Sign out' }).waitFor({ timeout: 10_000 })
}
