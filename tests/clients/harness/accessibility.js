// Can everybody use a page? axe-core's rules, in light and in dark, and the width of a small phone.
import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import axe from 'axe-core'

/** Where pictures of the pages go, to be looked at. */
const pictures = process.env.SCREENSHOTS
if (pictures) await mkdir(pictures, { recursive: true })

/** Wide and light, wide and dark, as narrow as a small phone in both. */
export const LOOKS = [
  { colorScheme: 'light', width: 1280, height: 800 },
  { colorScheme: 'dark', width: 1280, height: 800 },
  { colorScheme: 'light', width: 360, height: 740 },
  { colorScheme: 'dark', width: 360, height: 740 },
]

const summary = ({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ target, failureSummary }) => `    ${target.join(' ')}: ${failureSummary}`).join('\n')}`

/** Fails unless the page, as it stands, can be used in every look. Takes a picture of each. A long page has two looks, and its top is in the picture. */
export async function assertUsable(page, name, { isLong = false } = {}) {
  for (const { colorScheme, width, height } of isLong ? [LOOKS[0], LOOKS[3]] : LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.setViewportSize({ width, height })
    const look = `${name}-${colorScheme}-${width}`
    if (pictures) await page.screenshot({ path: path.join(pictures, `${look}.png`), fullPage: !isLong })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    assert.equal(wide, 0, `${look}: the page can be scrolled sideways by ${wide} px`)
    // A debugger's evaluation, which the page's policy does not hold up.
    await page.evaluate(axe.source)
    const { violations, passes } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }))
    assert.ok(passes.length > 5, `${look}: axe looked at the page`)
    assert.deepEqual(violations.map(summary), [], look)
  }
}
