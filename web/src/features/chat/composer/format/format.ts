/** Changes that format what is being written. Pure. */

/** Replaces the text from `start` to `end`. */
export interface Change {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Changes of one text, the last place first, so that each leaves the places of those after it; what is selected then. */
export interface Edit {
  readonly changes: readonly Change[]
  readonly from: number
  readonly to: number
}

export const MARKS = { bold: '**', italic: '_', strike: '~~', code: '`', spoiler: '||' } as const
export type Mark = keyof typeof MARKS
export const PREFIXES = { list: '- ', numbers: '1. ', quote: '> ' } as const
export type Prefix = keyof typeof PREFIXES

/** Puts the sign around the selection, or takes it away. Without a selection the caret is between two signs. */
export function toggled(text: string, from: number, to: number, mark: Mark): Edit {
  const sign = MARKS[mark]
  const selected = text.slice(from, to)
  // A sign with a space behind it is no sign.
  const start = from + (selected.length - selected.trimStart().length)
  const end = selected.trim() === '' ? start : to - (selected.length - selected.trimEnd().length)
  const isMarked =
    text.slice(start - sign.length, start) === sign &&
    text.slice(end, end + sign.length) === sign &&
    start >= sign.length
  const changes = isMarked
    ? [
        { start: end, end: end + sign.length, text: '' },
        { start: start - sign.length, end: start, text: '' },
      ]
    : [
        { start: end, end, text: sign },
        { start, end: start, text: sign },
      ]
  const moved = isMarked ? -sign.length : sign.length
  return { changes, from: start + moved, to: end + moved }
}

/** Makes the selected words a link. Without an address the caret is where it is to be written. */
export function linked(from: number, to: number, address = ''): Edit {
  const changes = [
    { start: to, end: to, text: `](${address})` },
    { start: from, end: from, text: '[' },
  ]
  const behind = to + 1 + (address === '' ? 2 : address.length + 3)
  return { changes, from: behind, to: behind }
}

const ITEM = /^(\s*)(?:([-*+])( \[[ xX]\])?|(\d{1,9})([.)])|(>))(\s+)/

/** Puts a sign before each line of the selection, or takes it from all of them. */
export function prefixed(text: string, from: number, to: number, prefix: Prefix): Edit {
  const first = text.lastIndexOf('\n', from - 1) + 1
  const starts = [first, ...[...text.slice(first, to).matchAll(/\n/g)].map(({ index }) => first + index + 1)]
  const signOf = (index: number) => (prefix === 'numbers' ? `${index + 1}. ` : PREFIXES[prefix])
  const isOn = starts.every((start, index) => text.startsWith(signOf(index), start))
  const changes = starts.map((start, index): Change => {
    const sign = signOf(index)
    return isOn ? { start, end: start + sign.length, text: '' } : { start, end: start, text: sign }
  })
  const step = (index: number) => (isOn ? -1 : 1) * signOf(index).length
  const total = starts.reduce((sum, _, index) => sum + step(index), 0)
  return { changes: changes.toReversed(), from: Math.max(first, from + step(0)), to: Math.max(first, to + total) }
}

/** A new line that goes on with the list or quotation it is in; a sign without words ends it. Undefined: a line like any other. */
export function continued(text: string, caret: number): Edit | undefined {
  const start = text.lastIndexOf('\n', caret - 1) + 1
  const line = text.slice(start, caret)
  const item = ITEM.exec(line)
  if (!item) return undefined
  const [sign, indent = '', bullet, task, number, dot, quote, space = ' '] = item
  if (line === sign && text.slice(caret).split('\n')[0]?.trim() === '') {
    return { changes: [{ start, end: caret, text: '' }], from: start, to: start }
  }
  const next = bullet ? `${bullet}${task ? ' [ ]' : ''}` : number ? `${Number(number) + 1}${dot}` : (quote ?? '')
  const added = `\n${indent}${next}${space}`
  return { changes: [{ start: caret, end: caret, text: added }], from: caret + added.length, to: caret + added.length }
}

/** An address that is pasted onto words makes them a link. */
export const isAddress = (text: string): boolean => /^https?:\/\/\S+$/.test(text.trim()) && URL.canParse(text.trim())
