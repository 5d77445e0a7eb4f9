// What becomes of one file? It waits, is read, is sent and is completed; a person may pause it, go on, try again and cancel.
import { takeBack } from './grant.js'
import { Meter } from './meter.js'
import { sendInParts } from './multipart.js'
import { persist } from './patience.js'
import { words } from './problems.js'
import { sendAtOnce } from './put.js'

/** From this size on a file travels in parts, which survive the page. */
const IN_PARTS = 16 * 1024 * 1024

/** What a person may do in each state. */
const ACTS = {
  waiting: ['pause', 'cancel'],
  reading: ['pause', 'cancel'],
  sending: ['pause', 'cancel'],
  finishing: ['cancel'],
  paused: ['resume', 'cancel'],
  failed: ['retry', 'cancel'],
  cancelling: [],
  cancelled: [],
  done: [],
}
const RUNNING = ['reading', 'sending', 'finishing']
/** Refusals after which the same upload cannot go on, only a new one. */
const OVER = ['NoSuchUpload', 'not-found', 'already-ended', 'grant-broken', 'part-missing']

/** One file, on its way into a collection. */
export class Transfer {
  state = 'waiting'
  /** What went wrong, in words. */
  problem = ''
  /** Why nothing moves: seconds until the next try, undefined without a connection; null when it moves. */
  wait = null
  /** Bytes read before anything is sent. */
  read = 0
  meter = new Meter()
  #arrived = new Map()
  #onItsWay = new Map()

  /**
   * `upload` is an unfinished one that this file goes on with. `slot` is the gate of requests, `line` the meter of all transfers;
   * `onChange` hears of each change, and whether it is one of the state.
   */
  constructor(file, { collection, upload, slot, line, onChange }) {
    Object.assign(this, { file, collection, upload, slot, line, onChange })
    this.key = crypto.randomUUID()
    this.isInParts = upload !== undefined || file.size > IN_PARTS
  }

  /** Bytes that are there, or on their way. */
  get sent() {
    let sum = 0
    for (const bytes of [...this.#arrived.values(), ...this.#onItsWay.values()]) sum += bytes
    return Math.min(sum, this.file.size)
  }

  get isRunning() {
    return RUNNING.includes(this.state)
  }

  get hasEnded() {
    return ['done', 'cancelled'].includes(this.state)
  }

  may(act) {
    return ACTS[this.state].includes(act)
  }

  become(state) {
    this.state = state
    if (!this.isRunning) {
      this.meter.reset()
      this.wait = null
    }
    this.onChange(this, true)
  }

  tell() {
    this.onChange(this, false)
  }

  readSoFar(read) {
    this.read = read
    this.tell()
  }

  onItsWay(part, bytes) {
    const more = bytes - (this.#onItsWay.get(part) ?? 0)
    this.#onItsWay.set(part, bytes)
    this.meter.add(more)
    this.line.add(more)
    this.tell()
  }

  arrived(part, bytes) {
    this.#onItsWay.delete(part)
    this.#arrived.set(part, bytes)
    this.tell()
  }

  /** For `persist`. */
  patience(signal) {
    return { signal, onWait: (wait) => {
      this.wait = wait
      this.tell()
    } }
  }

  /** The next try begins a new upload. */
  forget() {
    this.upload = undefined
    this.key = crypto.randomUUID()
    this.#arrived.clear()
  }

  /** Sends it, until it is there, or cannot go on, or is stopped. */
  async run() {
    this.stop = new AbortController()
    const { signal } = this.stop
    this.become(this.isInParts ? 'sending' : 'reading')
    try {
      await (this.isInParts ? sendInParts : sendAtOnce)(this, { signal, slot: this.slot })
      return this.become('done')
    } catch (error) {
      this.#onItsWay.clear()
      if (signal.reason === 'cancel') return this.#takeBack()
      if (signal.reason === 'pause') return this.become('paused')
      if (OVER.includes(error.code ?? error.kind)) this.forget()
      this.fail(error)
    }
  }

  fail(error) {
    this.problem = words(error)
    this.become('failed')
  }

  pause() {
    if (this.isRunning) this.stop.abort('pause')
    else this.become('paused')
  }

  resume() {
    this.become('waiting')
  }

  retry() {
    this.problem = ''
    if (!this.isInParts) {
      // It is read anew, for it may have been changed; then the old grant names other bytes.
      if (this.upload) takeBack(this.upload.id).catch(() => {})
      this.digest = undefined
      this.forget()
    }
    this.become('waiting')
  }

  async cancel() {
    const { isRunning } = this
    this.become('cancelling')
    if (isRunning) this.stop.abort('cancel')
    else await this.#takeBack()
  }

  async #takeBack() {
    const { id } = this.upload ?? {}
    try {
      if (id) await persist(() => takeBack(id), this.patience(new AbortController().signal))
      this.#arrived.clear()
      this.become('cancelled')
    } catch (error) {
      this.fail(error)
    }
  }
}
