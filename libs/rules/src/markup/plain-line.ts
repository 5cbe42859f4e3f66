import type { Block, Inline } from './nodes.js'
import { parseMarkup } from './parse.js'

/** Stands for a spoiler. */
const COVER = '▒▒▒'

/**
 * A message in one line, for previews, quotations, notifications and search results: the words of its markup, spoilers covered. Words that
 * are no markup come out as they were typed, white space as single spaces. `nameOf`: the name of a user id, of `all` or of `admins`.
 */
export const plainLine = (text: string, nameOf: (target: string) => string): string =>
  ofBlocks(parseMarkup(text), nameOf).replace(/\s+/g, ' ').trim()

type NameOf = (target: string) => string

const ofBlocks = (blocks: readonly Block[], nameOf: NameOf): string =>
  blocks.map((block) => ofBlock(block, nameOf)).join('\n')

function ofBlock(block: Block, nameOf: NameOf): string {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return ofInlines(block.inside, nameOf)
    // The words of somebody else stay apart from the author's.
    case 'quote':
      return `> ${ofBlocks(block.blocks, nameOf)}`
    case 'spoiler':
      return COVER
    case 'list':
      return block.items
        .map(({ marker, done, blocks }) => {
          const task = done === undefined ? '' : done ? '[x] ' : '[ ] '
          return `${marker} ${task}${ofBlocks(blocks, nameOf)}`
        })
        .join('\n')
    case 'table':
      return block.rows.map((row) => row.map((cell) => ofInlines(cell, nameOf)).join(' | ')).join('\n')
    case 'code':
    case 'rule':
      return block.text
  }
}

const ofInlines = (nodes: readonly Inline[], nameOf: NameOf): string =>
  nodes.map((node) => ofInline(node, nameOf)).join('')

function ofInline(node: Inline, nameOf: NameOf): string {
  switch (node.type) {
    case 'text':
    case 'code':
      return node.text
    case 'spoiler':
      return COVER
    case 'mention':
      return `@${nameOf(node.target)}`
    default:
      return ofInlines(node.inside, nameOf)
  }
}
