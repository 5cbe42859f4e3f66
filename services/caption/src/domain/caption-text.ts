/** A long sentence of ten seconds has some 200 characters: more is an engine that has lost its way. */
const MOST = 500
/** The same again and again, six times or more: what recognisers make of noise. */
const LOOP = /(\S.{0,40}?)\1{5,}/u
/** `[BLANK_AUDIO]`, `(music)`: a remark of the engine, not what somebody has said. */
const REMARK = /^[[(*][^\])*]*[\])*]$/u

/** What may be shown of an engine's answer, as one line of plain text; empty: nothing. */
export function captionText(answer: string): string {
  const line = answer
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]+/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
  return line.length > MOST || REMARK.test(line) || LOOP.test(line) ? '' : line
}
