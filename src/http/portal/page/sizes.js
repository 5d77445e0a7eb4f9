// In which unit does somebody write so many bytes?

/** Bytes of each unit. The one that fits is looked for from the largest down. */
export const UNITS = {
  TiB: 1024 ** 4, TB: 1000 ** 4, GiB: 1024 ** 3, GB: 1000 ** 3, MiB: 1024 ** 2, MB: 1000 ** 2, KiB: 1024, kB: 1000, bytes: 1,
}

/** `5368709120` as `{amount: 5, unit: 'GiB'}`: few digits, and the same number again. */
export function inUnit(bytes) {
  for (const [unit, each] of Object.entries(UNITS)) {
    const amount = Number((bytes / each).toFixed(3))
    if (amount >= 1 && amount * each === bytes) return { amount, unit }
  }
  return { amount: bytes, unit: 'bytes' }
}
