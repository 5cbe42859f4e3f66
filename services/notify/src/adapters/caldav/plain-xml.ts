/** Characters. The calendars of one person are a tenth of it; longer: more time for somebody else's text. */
export const MOST_CHARACTERS = 64 * 1_024
/** Elements within each other: a calendar's are eight deep. */
const MOST_DEPTH = 32
/** A hundred calendars with twenty elements each, and as much again. */
const MOST_ELEMENTS = 5_000
/** Different names: the reader looks through those within an element for each text, and joins those of a calendar again and again. */
const MOST_NAMES = 200
/** Ten for each of a hundred calendars. The reader makes an error of each that it does not understand. */
const MOST_TEXTS = 1_000
/** Of a text or an attribute's value: as long as an address that is taken. Longer: the reader has patterns that go over it again and again. */
const MOST_LETTERS = 1_024

const SPACE = String.raw`[ \t\r\n]{0,100}`
const NAME = '(?:[A-Za-z][A-Za-z0-9._-]{0,99}:)?[A-Za-z][A-Za-z0-9._-]{0,99}'
const ENTITY = '&(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});'
const LENGTH = `{0,${MOST_LETTERS}}`
const VALUE = `"(?:[^"<&]|${ENTITY})${LENGTH}"|'(?:[^'<&]|${ENTITY})${LENGTH}'`
const ATTRIBUTE = String.raw`[ \t\r\n]${SPACE}${NAME}${SPACE}=${SPACE}(?:${VALUE})`
const SETTING = String.raw`[ \t\r\n]${SPACE}(?:version|encoding|standalone)${SPACE}=${SPACE}(?:"[\w.-]{1,40}"|'[\w.-]{1,40}')`

/** Each from where the one before ends, so no character is looked at by more than one that fits. */
const DECLARATION = new RegExp(`${SPACE}<\\?xml(?:${SETTING}){1,3}${SPACE}\\?>`, 'y')
const TEXT = new RegExp(String.raw`(?:[^<&\s]|\s{1,100}(?!\s)|${ENTITY})${LENGTH}`, 'y')
const OPENING = new RegExp(`<(${NAME})(?:${ATTRIBUTE}){0,64}${SPACE}(/?)>`, 'y')
const CLOSING = new RegExp(`</(${NAME})${SPACE}>`, 'y')
const LITERAL = new RegExp(String.raw`<!\[CDATA\[[^\]]${LENGTH}\]\]>`, 'y')

/**
 * Whether a text is XML as calendar servers write it: elements, attributes, texts, one root, everything closed where it should be, all of it in
 * bounds. The reader of our library (sax, xml-js) goes on after errors, and then takes minutes for some kilobytes: what is not plain must not
 * get there. No comments, no document type, no instructions: no server needs them, and each would be something to be of two minds about.
 */
export function isPlainXml(xml: string): boolean {
  if (xml.length > MOST_CHARACTERS) return false
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(xml)
    at += found?.[0].length ?? 0
    return found
  }
  take(DECLARATION)
  const names = new Set<string>()
  const open: { readonly name: string; holds: 'nothing' | 'text' | 'elements' }[] = []
  let [elements, texts] = [0, 0]
  for (let tags = 0; tags <= 2 * MOST_ELEMENTS + MOST_TEXTS; tags++) {
    const [text = ''] = take(TEXT) ?? []
    const parent = open.at(-1)
    const isLiteral = take(LITERAL) !== null
    const isText = text.trim() !== ''
    if (isText || isLiteral) {
      // One text, and no elements beside it.
      if ((isText && isLiteral) || parent?.holds !== 'nothing' || text.length > MOST_LETTERS || ++texts > MOST_TEXTS)
        return false
      parent.holds = 'text'
    }
    if (at === xml.length) return elements > 0 && !parent
    if (isLiteral) continue
    const closing = take(CLOSING)
    if (closing) {
      if (open.pop()?.name !== closing[1]) return false
      continue
    }
    const [tag, name = '', end] = take(OPENING) ?? []
    // A second root.
    if (tag === undefined || (!parent && elements > 0) || ++elements > MOST_ELEMENTS) return false
    if (parent?.holds === 'text' || names.add(name).size > MOST_NAMES) return false
    if (parent) parent.holds = 'elements'
    if (end !== '/' && open.push({ name, holds: 'nothing' }) > MOST_DEPTH) return false
  }
  return false
}
