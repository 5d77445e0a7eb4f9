// What would be lost by going away? What somebody wrote and did not save.
import { confirm } from './notices.js'

let isUnsaved = () => false
let asking

const keepOpen = (event) => isUnsaved() && event.preventDefault()

/** From now on, leaving asks when `isChanged()` says so. Answers what ends that. */
export function guard(isChanged) {
  isUnsaved = isChanged
  addEventListener('beforeunload', keepOpen)
  return () => {
    isUnsaved = () => false
    removeEventListener('beforeunload', keepOpen)
  }
}

/** Asks, if anything would be lost, and tells whether the page may go. */
export async function mayLeave() {
  if (!isUnsaved()) return true
  asking ??= confirm('Leave without saving?', 'What you changed here is not saved yet.', 'Leave').finally(() => (asking = undefined))
  return asking
}
