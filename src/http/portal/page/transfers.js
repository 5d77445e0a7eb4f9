// What is being uploaded? Every transfer of this page, whichever part of it is shown: going to Files and back loses nothing.
import { guard } from './leaving.js'
import { refusalOf } from './limits.js'
import { Meter } from './meter.js'
import { gate } from './patience.js'
import { Transfer } from './transfer.js'

/** Files at once, and requests to S3 of all of them together. */
const [FILES, REQUESTS] = [3, 4]
/** Milliseconds between two tellings of progress. */
const PULSE = 100

const transfers = []
const listeners = new Set()
const changed = new Set()
const slot = gate(REQUESTS)
const line = new Meter()

function onChange(transfer, isNewState) {
  hold(transfer)
  if (changed.size === 0) setTimeout(tell, PULSE)
  changed.add(transfer)
  if (isNewState) queueMicrotask(next)
}

function tell() {
  const news = [...changed]
  changed.clear()
  for (const listener of listeners) listener(news)
}

/** Begins as many as may run. */
function next() {
  const running = transfers.filter(({ isRunning }) => isRunning).length
  if (running === 0) line.reset()
  const waiting = transfers.filter(({ state }) => state === 'waiting')
  for (const transfer of waiting.slice(0, Math.max(0, FILES - running))) transfer.run()
  watch()
}

/** Is anything under way? */
export const isBusy = () => transfers.some(({ state, isRunning }) => isRunning || state === 'waiting' || state === 'cancelling')

const LOST = {
  question: 'Leave while files are on their way?',
  explanation: 'They stop. Large ones can go on where they were, once you are back; the others begin anew.',
  yes: 'Leave',
  outlivesPages: true,
}
let release

/** Leaving asks first while something is under way. Only then: a page that may ask is not kept for Back. */
function watch() {
  if (isBusy()) return (release ??= guard(isBusy, LOST))
  release?.()
  release = undefined
}

const lockOf = (id) => `upload ${id}`
const releases = new Map()

/** Tells the other pages of this browser that an unfinished upload is not left alone. */
function hold(transfer, isOver = transfer.hasEnded) {
  const [known, id] = [releases.get(transfer), isOver ? undefined : transfer.isInParts && transfer.upload?.id]
  if (known?.id === id) return
  known?.release()
  releases.delete(transfer)
  if (!id) return
  const until = new Promise((release) => releases.set(transfer, { id, release }))
  navigator.locks?.request(lockOf(id), () => until)
}

/** Which uploads some page of this browser has in hand, as a predicate on their ids. */
export async function inHand() {
  const { held = [] } = (await navigator.locks?.query()) ?? {}
  const names = new Set(held.map(({ name }) => name))
  return (id) => names.has(lockOf(id))
}

/** Takes files on. `upload` is an unfinished one that this one file goes on with. */
export function add(files, { collection, limits, upload }) {
  for (const file of files) {
    const transfer = new Transfer(file, { collection, upload, slot, line, onChange })
    transfers.push(transfer)
    const refusal = upload ? undefined : refusalOf(file, limits)
    if (refusal) transfer.fail(refusal)
    else transfer.become('waiting')
  }
}

/** Tries all again that failed. */
export function retry() {
  for (const transfer of transfers.filter((transfer) => transfer.may('retry'))) transfer.retry()
}

/** Puts away what has ended, and what failed. */
export function clear() {
  for (const transfer of all().filter(({ hasEnded, state }) => hasEnded || state === 'failed')) {
    hold(transfer, true)
    transfers.splice(transfers.indexOf(transfer), 1)
  }
}

/** All of them, in the order in which they were chosen. */
export const all = () => [...transfers]

/** How far all of them together are. What failed or was taken back does not count. */
export function total() {
  const counted = transfers.filter(({ state }) => !['failed', 'cancelled', 'cancelling'].includes(state))
  const sum = (bytes) => counted.reduce((all, transfer) => all + bytes(transfer), 0)
  return {
    files: counted.length,
    done: counted.filter(({ state }) => state === 'done').length,
    failed: transfers.filter(({ state }) => state === 'failed').length,
    size: sum(({ file }) => file.size),
    sent: sum(({ sent }) => sent),
    speed: line.speed(),
  }
}

/** Calls back with the transfers that changed, a few times a second at most. Returns how to stop that. */
export function listen(listener) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
