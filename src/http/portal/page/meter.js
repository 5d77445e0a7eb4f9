// How fast does it go? Over the last seconds, so that the number neither jumps nor lags.

/** Seconds that are looked back at. */
const WINDOW = 6

/** Bytes that went through, and when. */
export class Meter {
  #samples = []

  /** So many more bytes went through. What is sent again counts again: it is the line's speed. */
  add(bytes) {
    const now = performance.now()
    if (bytes > 0) this.#samples.push([now, bytes])
    this.#forget(now)
  }

  /** Bytes a second; 0 while nothing moves, undefined while it is too early to tell. */
  speed() {
    const now = performance.now()
    this.#forget(now)
    if (this.#samples.length === 0) return 0
    const [since] = this.#samples[0]
    if (now - since < 500) return undefined
    return this.#samples.reduce((sum, [, bytes]) => sum + bytes, 0) / ((now - since) / 1000)
  }

  /** After a rest nothing of before it counts. */
  reset() {
    this.#samples = []
  }

  #forget(now) {
    while (this.#samples.length && now - this.#samples[0][0] > WINDOW * 1000) this.#samples.shift()
  }
}
