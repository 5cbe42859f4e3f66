import type { Block, Inline } from './nodes.js'

/** What a walk goes into. */
export interface Into {
  readonly quotes: boolean
  readonly spoilers: boolean
}

/** Every inline node of a message, from the first to the last, those inside of others too. */
export function* inlinesOf(blocks: readonly Block[], into: Into): Generator<Inline> {
  for (const block of blocks) {
    if ((block.type === 'quote' && !into.quotes) || (block.type === 'spoiler' && !into.spoilers)) continue
    if ('inside' in block) yield* flat(block.inside, into)
    if ('blocks' in block) yield* inlinesOf(block.blocks, into)
    if ('items' in block) for (const item of block.items) yield* inlinesOf(item.blocks, into)
    if ('rows' in block) for (const row of block.rows) for (const cell of row) yield* flat(cell, into)
  }
}

function* flat(nodes: readonly Inline[], into: Into): Generator<Inline> {
  for (const node of nodes) {
    if (node.type === 'spoiler' && !into.spoilers) continue
    yield node
    if ('inside' in node) yield* flat(node.inside, into)
  }
}
