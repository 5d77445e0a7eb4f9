// When is a failed request worth another try, and how many go at once?
import { Unreachable } from './failures.js'

/** Tries after the first, before a person is asked: some minutes, as a train takes through its tunnels. */
const MORE_TRIES = 12
/** Those of them that a fresh URL may cure. */
const MORE_URLS = 2
const [SHORTEST, LONGEST] = [0.5, 30]

const mayPass = (error, tries) =>
  error instanceof Unreachable || error.status === 429 || error.status >= 500 || error.code === 'RequestTimeout' ||
  (error.isStale && tries < MORE_URLS)

/** Waits, or for the signal, which throws. */
function wait(begin, signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort)
    begin(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
  })
}

/**
 * Tries until it succeeds, or the failure is one that stays. Between two tries it waits as long as it is told to, or longer each
 * time, and at random, so that a thousand pages do not come back at the same moment. `onWait` hears why it waits: seconds, or
 * undefined while there is no connection at all, and null when it goes on.
 */
export async function persist(attempt, { signal, onWait = () => {} }) {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      signal.throwIfAborted()
      if (!mayPass(error, tries)) throw error
      if (!navigator.onLine) {
        // It takes as long as it takes, and counts for nothing.
        onWait(undefined)
        await wait((resume) => addEventListener('online', resume, { once: true }), signal)
        tries = -1
      } else {
        if (tries === MORE_TRIES) throw error
        const most = Math.min(LONGEST, SHORTEST * 2 ** tries)
        const seconds = (error.retryAfter ?? most / 2) + (Math.random() * most) / 2
        onWait(seconds)
        await wait((resume) => setTimeout(resume, seconds * 1000), signal)
      }
      onWait(null)
    }
  }
}

/** A gate that lets so many through at once: `await gate(work, signal)`. The signal ends the waiting. */
export function gate(places) {
  let queue = []
  const leave = () => {
    places++
    // All of them look, in their order, for the first may be gone.
    const woken = queue
    queue = []
    for (const resume of woken) resume()
  }
  return async (work, signal) => {
    while (places === 0) await wait((resume) => queue.push(resume), signal)
    places--
    try {
      return await work()
    } finally {
      leave()
    }
  }
}
