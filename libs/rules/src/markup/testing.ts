import { parseMarkup } from './index.js'
import type { Block, Inline } from './nodes.js'

export const ANN = '018f0000-0000-7000-8000-000000000001'
export const ann = `<@${ANN}>`

/** The parts in short: `p(words strong(words))`. */
export const short = (text: string): string => parseMarkup(text).map(ofBlock).join(' ')
export const all = (blocks: readonly Block[]) => blocks.map(ofBlock).join(' ')
export function ofBlock(block: Block): string {
  switch (block.type) {
    case 'paragraph':
      return `p(${block.inside.map(ofInline).join('')})`
    case 'heading':
      return `h${block.level}(${block.inside.map(ofInline).join('')})`
    case 'code':
      return `code:${block.language}(${block.text})`
    case 'rule':
      return 'rule'
    case 'list':
      return block.items
        .map(({ marker, done, blocks }) => `${marker}${done === undefined ? '' : done ? 'x' : '_'}(${all(blocks)})`)
        .join(' ')
    case 'table':
      return block.rows.map((row) => `row(${row.map((cell) => cell.map(ofInline).join('')).join('|')})`).join(' ')
    default:
      return `${block.type}(${all(block.blocks)})`
  }
}
export function ofInline(node: Inline): string {
  if (node.type === 'text') return node.text
  if (node.type === 'code') return `code(${node.text})`
  if (node.type === 'mention') return `@(${node.target})`
  return `${node.type}(${node.type === 'link' && node.named ? `${node.href} ` : ''}${node.inside.map(ofInline).join('')})`
}
