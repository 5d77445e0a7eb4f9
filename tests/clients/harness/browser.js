// How does a page run in a real browser, and what does it say when something goes wrong?
import { chromium } from 'playwright-core'
import { origin } from './sandbox.js'

/** A browser. `flags` are Chromium's. */
export const launch = (flags = []) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      // The pages are ours, and its sandbox works neither for root nor in most containers.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--no-proxy-server',
      ...flags,
    ],
  })

// A signature tells a reader nothing, and is long.
const brief = (request) => `${request.method()} ${request.url().replace(/X-Amz-[\w-]+=[^&]*&?/g, '').replace(/#.*/, '')}`

/** Opens one of our pages, or another address, and closes it after `use`. A failure prints what the page said. `options` are the context's. */
export async function onPage(browser, name, use, options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options })
  const page = await context.newPage()
  const said = []
  page.on('console', (message) => said.push(`console.${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => said.push(`uncaught: ${error.stack}`))
  page.on('requestfailed', (request) => said.push(`${request.failure().errorText}: ${brief(request)}`))
  const refusals = []
  page.on('response', (response) => {
    if (response.status() < 400) return
    const tell = (text) => said.push(`${response.status()}: ${brief(response.request())}\n  ${text}`)
    refusals.push(response.text().then(tell, () => tell('')))
  })
  try {
    await page.goto(/^\w+:/.test(name) ? name : `${origin}/${name}.html`)
    return await use(page, said)
  } catch (error) {
    await Promise.all(refusals)
    console.error(`the browser at ${name.replace(/#.*/, '')} said:\n${said.join('\n') || '(nothing)'}`)
    throw error
  } finally {
    await context.close()
  }
}
