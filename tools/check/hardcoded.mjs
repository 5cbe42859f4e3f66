import { parse as parseTemplate } from '@vue/compiler-dom'
import { parse } from '@vue/compiler-sfc'

/** Attributes that people read or hear. */
const SPOKEN = new Set([
  'aria-label',
  'aria-description',
  'aria-roledescription',
  'aria-valuetext',
  'title',
  'placeholder',
  'alt',
  'label',
  'hint',
  'description',
])
/** The same word in every language. */
const NAMES = new Set(['Beseda'])
/** Interpolations (`${}`) are not texts of the file. */
const hasWords = (/** @type {string} */ text) =>
  /\p{L}{2,}/u.test(text.replace(/\$\{[^}]*\}/g, '')) && !NAMES.has(text.trim())
/** A sentence in quotes inside an expression: it contains a space or a capital, so it is not a key, a class or an identifier. */
const SENTENCE = /(['"`])((?:\p{Lu}\p{Ll}+[^'"`$]*)|(?:\p{L}+ [^'"`$]*))\1/gu

/** A text and its line. @typedef {{ line: number, text: string }} Found */

/**
 * Texts for people that are in a .vue file instead of in the translations: text and spoken attributes of the template, also those
 * bound to a literal, and arguments of `toast` and `announce`.
 * @param {string} source @returns {Found[]}
 */
export function hardCodedIn(source) {
  const { descriptor } = parse(source)
  /** @type {Found[]} */
  const found = []
  const { template, scriptSetup, script } = descriptor
  if (template) {
    const from = template.loc.start.line - 1
    walk(parseTemplate(template.content), (line, text) => found.push({ line: from + line, text: text.trim() }))
  }
  for (const block of [scriptSetup, script]) {
    if (block) found.push(...callsIn(block.content, block.loc.start.line - 1))
  }
  return found
}

/** Literal sentences passed to `toast` or `announce`. @param {string} code @param {number} from @returns {Found[]} */
export function callsIn(code, from = 0) {
  return [...code.matchAll(/\b(?:toast|announce)\(\s*(['"`])([^'"`]*)\1/g)]
    .filter(([, , text = '']) => hasWords(text))
    .map((match) => ({ line: from + code.slice(0, match.index).split('\n').length, text: match[2] ?? '' }))
}

/** @param {any} node @param {(line: number, text: string) => void} report */
function walk(node, report) {
  if (node.type === TEXT && hasWords(node.content)) report(node.loc.start.line, node.content)
  if (node.type === INTERPOLATION) literals(node.content?.content ?? '', node.loc.start.line, report)
  for (const prop of node.props ?? []) attribute(prop, report)
  for (const child of node.children ?? []) walk(child, report)
}
/** From @vue/compiler-core's NodeTypes. */
const [TEXT, INTERPOLATION, ATTRIBUTE, DIRECTIVE] = [2, 5, 6, 7]

/** @param {any} prop @param {(line: number, text: string) => void} report */
function attribute(prop, report) {
  const line = prop.loc.start.line
  if (prop.type === ATTRIBUTE && SPOKEN.has(prop.name) && hasWords(prop.value?.content ?? ''))
    report(line, prop.value.content)
  if (prop.type === DIRECTIVE && prop.name === 'bind' && SPOKEN.has(prop.arg?.content ?? '')) {
    literals(prop.exp?.content ?? '', line, report)
  }
}

/** @param {string} expression @param {number} line @param {(line: number, text: string) => void} report */
function literals(expression, line, report) {
  for (const [, , text = ''] of expression.matchAll(SENTENCE)) if (hasWords(text)) report(line, text)
}
