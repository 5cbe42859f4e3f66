import type { Block, Inline } from './nodes.js'

/** The words that say in which direction a part of a message runs: not code, addresses or names. */
export const ownWords = (nodes: readonly (Block | Inline)[]): string => nodes.map(ofNode).join(' ')

function ofNode(node: Block | Inline): string {
  if (node.type === 'link' && !node.named) return ''
  if ('inside' in node) return ownWords(node.inside)
  if ('blocks' in node) return ownWords(node.blocks)
  if ('items' in node) return node.items.map(({ blocks }) => ownWords(blocks)).join(' ')
  if ('rows' in node) return node.rows.flatMap((row) => row.map(ownWords)).join(' ')
  return node.type === 'text' ? node.text : ''
}
