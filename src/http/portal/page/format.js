// How do numbers look to people?

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte']
const whole = new Intl.NumberFormat()
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' })
const calendarMonth = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric', timeZone: 'UTC' })
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

/** `1536` as `1.5 kB`: powers of 1,000, as file managers and S3's bill have them. */
export function bytes(count) {
  const power = count < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3))
  return new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: UNITS[power],
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: power === 0 ? 0 : 1,
  }).format(count / 1000 ** power)
}

/** `12345` as `12,345`. */
export const number = (count) => whole.format(count)

/** A time of the API in the reader's own zone. */
export const time = (text) => moment.format(new Date(text))

/** The same to the second. */
export const exactTime = (text) => exact.format(new Date(text))

/** `2026-11-21` of the API, which counts days in UTC. */
export const day = (text) => date.format(new Date(text))

/** `2026-11` as `November 2026`. */
export const month = (text) => calendarMonth.format(new Date(text))

/** Seconds as `1 min 5 s`. */
export function duration(seconds) {
  const left = Math.max(0, Math.round(seconds))
  if (left < 60) return `${left} s`
  if (left < 3600) return `${Math.floor(left / 60)} min ${left % 60} s`
  return `${Math.floor(left / 3600)} h ${Math.floor((left % 3600) / 60)} min`
}

/** How many of a thing: `count(1, 'file')`, `count(2, 'file')`. */
export const count = (n, noun) => `${number(n)} ${noun}${n === 1 ? '' : 's'}`
