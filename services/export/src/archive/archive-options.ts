import type { Range } from './application/ports.js'

export interface ArchiveOptions {
  readonly from?: string
  readonly to?: string
  readonly format?: string
  readonly groups?: string
  readonly out?: string
  readonly 'with-held'?: boolean
}

const FORMATS = ['csv', 'jsonl', 'eml'] as const

export interface Task {
  readonly folder: string
  readonly format: (typeof FORMATS)[number]
  readonly range: Range
  /** Empty: all. */
  readonly groups: readonly string[]
  /** Texts that a legal hold keeps are written, too. */
  readonly withHeld: boolean
  /** What was asked for, in words. */
  readonly terms: string
}

/** A day, which begins at midnight UTC, or a moment with its zone: without one it would be another moment on another machine. */
const MOMENT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/
const GROUP = /^[\w-]{1,64}$/

/** Errors: a sentence that names the option. */
export function readTask(options: ArchiveOptions, now: Date): Task {
  const { from, to, format = 'csv', groups = '', out, 'with-held': withHeld = false } = options
  const known = FORMATS.find((one) => one === format)
  if (!known) throw new Error(`--format is csv, jsonl or eml, not "${format}".`)
  if (from === undefined || to === undefined) {
    throw new Error(
      '--from and --to say which days are exported, such as --from 2026-01-01 --to 2026-02-01 for January.',
    )
  }
  const range = { from: momentOf('--from', from), to: momentOf('--to', to) }
  if (range.from >= range.to) throw new Error('--from must be before --to.')
  if (range.to > now.getTime()) throw new Error('--to lies in the future: what is said until then would be missing.')
  const named = groups.split(',').map((id) => id.trim())
  const ids = [...new Set(named)].filter((id) => id !== '').sort((a, b) => a.localeCompare(b, 'en'))
  const bad = ids.find((id) => !GROUP.test(id))
  if (bad) throw new Error(`--groups takes ids of groups with commas between them; "${bad}" is none.`)
  const folder = out ?? `export-${from}-${to}-${known}`.replaceAll(':', '')
  const terms = `from ${from}, to ${to}, ${ids.length === 0 ? 'all groups' : `groups ${ids.join(' ')}`}${withHeld ? ', with what is held' : ''}`
  return { folder, format: known, range, groups: ids, withHeld, terms }
}

function momentOf(name: string, text: string): number {
  const at = MOMENT.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at))
    throw new Error(`${name} is a day, such as 2026-01-31, or a moment, such as 2026-01-31T18:00:00Z; not "${text}".`)
  return at
}
