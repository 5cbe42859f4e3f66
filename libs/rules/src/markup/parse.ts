import { beginsBlock, crossingSpoiler } from './blocks/crossing.js'
import { fencedAt } from './blocks/fences.js'
import { indentOf, isBlank, nextWords, outdented } from './blocks/lines.js'
import { listAt } from './blocks/lists.js'
import { HEADING, QUOTE, QUOTE_GAP, RULE, withoutEscape } from './blocks/signs.js'
import { tableAt } from './blocks/tables.js'
import { WORDS } from './inline/emphasis.js'
import { parseInline } from './inline/inline.js'
import type { Block } from './nodes.js'

/** Quotations, lists and spoilers in each other: deeper ones are shown as they were typed. */
const MAX_DEPTH = 12
const CODE_INDENT = 4

/**
 * The parts of a message (ADR 57). What is not markup, and signs that form none, are in the texts exactly as they were typed. Every
 * rendering of a message (the conversation, previews, notifications, exports, whom it mentions) is made from this.
 */
export const parseMarkup = (text: string): Block[] => parseBlocks(text.split('\n'), 0)

function parseBlocks(lines: readonly string[], depth: number): Block[] {
  if (depth > MAX_DEPTH) return paragraph(lines)
  const blocks: Block[] = []
  let rest = lines
  for (let spoiler = crossingSpoiler(rest); spoiler; spoiler = crossingSpoiler(rest)) {
    const text = rest.join('\n')
    blocks.push(...parseSimple(text.slice(0, spoiler.start).split('\n'), depth, blocks.length > 0))
    blocks.push({
      type: 'spoiler',
      blocks: parseBlocks(text.slice(spoiler.start + 2, spoiler.end).split('\n'), depth + 1),
    })
    rest = text.slice(spoiler.end + 2).split('\n')
  }
  return [...blocks, ...parseSimple(rest, depth, blocks.length > 0)]
}

/** Lines without a spoiler that crosses them. */
function parseSimple(lines: readonly string[], depth: number, hasBefore: boolean): Block[] {
  const blocks: Block[] = []
  let words: string[] = []
  const flush = () => {
    blocks.push(...paragraph(words))
    words = []
  }
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? ''
    const found = isBlank(line)
      ? undefined
      : blockAt(lines, at, depth, { words, hasBefore: hasBefore || blocks.length > 0 })
    if (found || isBlank(line)) flush()
    else words.push(withoutEscape(line))
    if (found) blocks.push(found.block)
    at = found?.end ?? at + 1
  }
  flush()
  return blocks
}

const paragraph = (lines: readonly string[]): Block[] =>
  lines.every(isBlank) ? [] : [{ type: 'paragraph', inside: parseInline(lines.join('\n').trimEnd()) }]

interface Found {
  readonly block: Block
  /** The line after it. */
  readonly end: number
}

interface Before {
  /** Lines of the paragraph above that is not finished. */
  readonly words: readonly string[]
  readonly hasBefore: boolean
}

function blockAt(lines: readonly string[], at: number, depth: number, { words, hasBefore }: Before): Found | undefined {
  const line = lines[at] ?? ''
  const inParagraph = words.length > 0
  const fenced = fencedAt(lines, at)
  if (fenced) return { block: { type: 'code', text: fenced.text, language: fenced.language }, end: fenced.end }
  if (!inParagraph && indentOf(line) >= CODE_INDENT) return indentedCode(lines, at)
  if (RULE.test(line)) {
    // Under a word, at an end, or alone, dashes are dashes.
    const isBetween = !inParagraph && hasBefore && nextWords(lines, at + 1) < lines.length
    return isBetween ? { block: { type: 'rule', text: line.trim() }, end: at + 1 } : undefined
  }
  const [heading, signs = '', title = ''] = HEADING.exec(line) ?? []
  if (heading !== undefined)
    return { block: { type: 'heading', level: signs.length, inside: parseInline(title.trimEnd()) }, end: at + 1 }
  return quoteAt(lines, at, depth) ?? list(lines, at, depth) ?? table(lines, at)
}

/** Directly above words it is none: a row whose first cell is empty, the first line of a paragraph. */
function indentedCode(lines: readonly string[], at: number): Found | undefined {
  let end = at + 1
  for (let next = end; next < lines.length && indentOf(lines[next] ?? '') >= CODE_INDENT; next = nextWords(lines, end))
    end = next + 1
  if (!isBlank(lines[end])) return undefined
  const text = lines.slice(at, end).map((line) => outdented(line, CODE_INDENT))
  return { block: { type: 'code', text: text.join('\n'), language: '' }, end }
}

/** A line without the sign ends it: an answer below a quotation is not a part of it. */
function quoteAt(lines: readonly string[], at: number, depth: number): Found | undefined {
  if (!QUOTE.test(lines[at] ?? '')) return undefined
  let end = at
  while (QUOTE.test(lines[end] ?? '') || QUOTE_GAP.test(lines[end] ?? '')) end++
  const inside = lines.slice(at, end).map((line) => line.replace(/^ {0,3}> ?/, ''))
  // `> <` is a face.
  if (!inside.some((text) => WORDS.test(text))) return undefined
  return { block: { type: 'quote', blocks: parseBlocks(inside, depth + 1) }, end }
}

function list(lines: readonly string[], at: number, depth: number): Found | undefined {
  const found = listAt(lines, at)
  if (!found) return undefined
  const items = found.items.map(({ lines: inside, ...item }) => ({ ...item, blocks: parseBlocks(inside, depth + 1) }))
  return { block: { type: 'list', ordered: found.ordered, items }, end: found.end }
}

function table(lines: readonly string[], at: number): Found | undefined {
  const found = tableAt(lines, at, (line) => beginsBlock(lines, line))
  if (!found) return undefined
  return {
    block: { type: 'table', align: found.align, rows: found.rows.map((row) => row.map(parseInline)) },
    end: found.end,
  }
}
