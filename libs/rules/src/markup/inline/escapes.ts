import type { Inline } from '../nodes.js'
import { codeSpans, spanAt } from './code-spans.js'

const SIGNS = '\\`*_~|[]<'
const ESCAPE = /\\([\\`*_~|[\]<])/g
/** Code points that stand for no character and never will (Unicode 23.7): one for each escaped sign. */
const FIRST_SHIELD = 0xfdd0
const SHIELD = /[\ufdd0-\ufdef]/g

/**
 * The parts of a text in which a back slash takes the meaning of the sign behind it. Where the sign would have meant nothing anyway, as in a
 * path, the back slash is shown: it was typed as a part of the words. `parse`: without escapes.
 */
export function withEscapes(text: string, parse: (text: string) => Inline[]): Inline[] {
  if (text.search(ESCAPE) < 0 || text.search(SHIELD) >= 0) return parse(text)
  const code = codeSpans(text)
  const outsideCode = (shown: (sign: string) => string) =>
    text.replace(ESCAPE, (typed, sign: string, at: number) => (spanAt(code, at) ? typed : shown(sign)))
  const nodes = parse(outsideCode((sign) => String.fromCharCode(FIRST_SHIELD + SIGNS.indexOf(sign))))
  const hadMeaning = sizeOf(parse(outsideCode((sign) => sign))) > sizeOf(nodes)
  return nodes.map((node) => restored(node, hadMeaning ? '' : '\\'))
}

/** The number of nodes that are markup. */
const sizeOf = (nodes: readonly Inline[]): number =>
  nodes.reduce((sum, node) => sum + Number(node.type !== 'text') + ('inside' in node ? sizeOf(node.inside) : 0), 0)

function restored(node: Inline, slash: string): Inline {
  if ('inside' in node) return { ...node, inside: node.inside.map((one) => restored(one, slash)) }
  if (node.type !== 'text') return node
  const text = node.text.replace(SHIELD, (shield) => slash + SIGNS.charAt(shield.charCodeAt(0) - FIRST_SHIELD))
  return { ...node, text }
}
