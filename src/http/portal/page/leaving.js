// What would be lost by going away? What somebody wrote and did not save, and what is still on its way.
import { confirm } from './notices.js'

const guards = new Set()
let asking

const keepOpen = (event) => [...guards].some(({ isLost }) => isLost()) && event.preventDefault()

function release(...those) {
  for (const guard of those) guards.delete(guard)
  // A page that may ask is not kept for Back.
  if (guards.size === 0) removeEventListener('beforeunload', keepOpen)
}

/**
 * From now on, going away asks when `isLost()` says so: `question`, `explanation` and `yes` are as for `confirm`. What
 * `outlivesPages` is not lost by going to another page of the portal. Answers what ends that.
 */
export function guard(isLost, asked) {
  const mine = { isLost, ...asked }
  guards.add(mine)
  addEventListener('beforeunload', keepOpen)
  return () => release(mine)
}

async function ask(isForGood) {
  for (const { isLost, outlivesPages, question, explanation, yes } of guards) {
    if ((isForGood || !outlivesPages) && isLost() && !(await confirm(question, explanation, yes))) return false
  }
  // The browser need not ask what was answered.
  if (isForGood) release(...guards)
  return true
}

/** Asks, if anything would be lost, and tells whether the page may go: to another one of the portal, or for good. */
export function mayLeave({ isForGood = false } = {}) {
  asking ??= ask(isForGood).finally(() => (asking = undefined))
  return asking
}
