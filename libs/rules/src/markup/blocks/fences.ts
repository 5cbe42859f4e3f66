/** Code between fences. `end`: the line after it. */
export interface Fenced {
  readonly text: string
  readonly language: string
  readonly end: number
}

const OPENING = /^ {0,3}(`{3,})([^`]*)$|^ {0,3}(~{3,})([^~]*)$/
const LANGUAGE = /^[\w#+.-]{0,20}$/

/**
 * The code that begins at a line. A fence closes on a line of its own, or at the end of the last line of code, as people type it in a hurry.
 * Back ticks that are never closed are code to the end. Undefined: no fence, or one around nothing.
 */
export function fencedAt(lines: readonly string[], at: number): Fenced | undefined {
  const [, ticks, afterTicks, tildes, afterTildes] = OPENING.exec(lines[at] ?? '') ?? []
  const fence = ticks ?? tildes
  if (fence === undefined) return undefined
  const info = (afterTicks ?? afterTildes ?? '').trim()
  const isLanguage = LANGUAGE.test(info)
  // Words after the fence are no language: they are the first line of the code.
  const first = isLanguage ? [] : [(afterTicks ?? afterTildes ?? '').replace(/^ /, '')]
  const close = closing(lines, at + 1, fence)
  if (close === undefined && (ticks === undefined || !isLanguage)) return undefined
  const code = [...first, ...lines.slice(at + 1, close?.line), ...(close?.rest === undefined ? [] : [close.rest])]
  const text = code.join('\n')
  if (text.trim() === '') return undefined
  return { text, language: isLanguage ? info : '', end: (close?.line ?? lines.length - 1) + 1 }
}

interface Closing {
  readonly line: number
  /** The code on the line of the closing fence. */
  readonly rest?: string
}

function closing(lines: readonly string[], from: number, fence: string): Closing | undefined {
  const sign = fence.charAt(0)
  const least = fence.length
  const alone = new RegExp(`^ {0,3}${sign}{${least},}\\s*$`)
  const ending = new RegExp(`^(.*[^${sign}])${sign}{${least},}\\s*$`)
  let late: Closing | undefined
  for (let line = from; line < lines.length; line++) {
    const text = lines[line] ?? ''
    if (alone.test(text)) return { line }
    const [, rest] = late ? [] : (ending.exec(text) ?? [])
    if (rest !== undefined) late = { line, rest }
  }
  return late
}
