// How is something awaited that nobody announces?
import { setTimeout as pause } from 'node:timers/promises'

/** Asks until the answer is not undefined, for at most twenty seconds. */
export async function eventually(what, ask) {
  const end = Date.now() + 20_000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > end) throw new Error(`in vain for twenty seconds: ${what}`)
    await pause(50)
  }
}
