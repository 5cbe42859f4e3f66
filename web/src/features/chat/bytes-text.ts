const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const

/** A size as people of a language write it: 1.5 MB, 1,5 МБ. */
export function bytesText(bytes: number, locale: string): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log(Math.max(1, bytes)) / Math.log(1000)))
  const unit = UNITS[power] ?? 'byte'
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 }).format(
    bytes / 1000 ** power,
  )
}

/** Minutes and seconds: 1:05. */
export const durationText = (ms: number): string => {
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
