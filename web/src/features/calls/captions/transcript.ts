import type { CaptionLine } from './exchange.js'

/** The text of a transcript. `timeOf`: as the person has it in their language. */
export const transcriptText = (
  lines: readonly CaptionLine[],
  title: string,
  nameOf: (userId: string) => string,
  timeOf: (at: number) => string,
): string =>
  [title, '', ...lines.map(({ at, userId, text }) => `[${timeOf(at)}] ${nameOf(userId)}: ${text}`), ''].join('\n')

/** As `transcript-2026-11-30-0455-utc.txt`. */
export const transcriptName = (at: number): string =>
  `transcript-${new Date(at).toISOString().slice(0, 16).replace('T', '-').replace(':', '')}-utc.txt`
