import { type Align, type Block, directionOf, type Inline, type ListItem, ownWords } from '@beseda/rules'
import { h, type VNodeChild } from 'vue'
import CodeBlock from './CodeBlock.vue'
import { renderInlines } from './render-inlines.js'
import SpoilerText from './SpoilerText.js'
import type { Surroundings } from './surroundings.js'

/** White space is shown as it was typed. */
const WORDS = 'whitespace-pre-wrap'
const HEADINGS = ['text-[1.375rem]', 'text-[1.1875rem]', 'text-[1.0625rem]'] as const

export const renderBlocks = (blocks: readonly Block[], around: Surroundings): VNodeChild[] =>
  blocks.map((block) => renderBlock(block, around))

function renderBlock(block: Block, around: Surroundings): VNodeChild {
  switch (block.type) {
    case 'paragraph':
      return words(block.inside, around, WORDS)
    case 'heading':
      return words(
        block.inside,
        around,
        `${WORDS} ${HEADINGS[block.level - 1] ?? HEADINGS[2]} leading-snug font-semibold`,
      )
    case 'quote': {
      const attributes = { class: 'my-0.5 flex flex-col gap-1 rounded-sm border-s-3 border-edge ps-3 text-muted' }
      return h('blockquote', { ...attributes, dir: dirOf(block.blocks) }, renderBlocks(block.blocks, around))
    }
    case 'spoiler':
      return h(SpoilerText, { block: true }, { default: () => renderBlocks(block.blocks, around) })
    case 'list':
      return list(block.items, block.ordered, around)
    case 'table':
      return table(block.align, block.rows, around)
    case 'code':
      return h(CodeBlock, { code: block.text, language: block.language })
    case 'rule':
      return h('hr', { class: 'my-2 border-edge' })
  }
}

/** Words run in their own direction, whatever is around them. */
const words = (inside: readonly Inline[], around: Surroundings, looks: string): VNodeChild =>
  h('p', { class: looks, dir: dirOf(inside) }, renderInlines(inside, around))

const dirOf = (nodes: readonly (Block | Inline)[]) => directionOf(ownWords(nodes))

/** Signs and numbers are shown as they were typed: `7)` is not `1.`, a plus is no minus. Several dashes or stars are bullets. */
function list(items: readonly ListItem[], ordered: boolean, around: Surroundings): VNodeChild {
  const isBullet = (marker: string) => items.length > 1 && (marker === '-' || marker === '*')
  const rows = items.map(({ marker, done, blocks }) =>
    h('li', { class: 'flex gap-2', dir: dirOf(blocks) }, [
      h('span', { class: 'shrink-0 text-muted tabular-nums' }, isBullet(marker) ? '•' : marker),
      done === undefined
        ? null
        : h('input', {
            type: 'checkbox',
            checked: done,
            disabled: true,
            class: 'mt-[0.3em] size-4 shrink-0 accent-accent',
          }),
      h('div', { class: 'flex min-w-0 flex-col gap-0.5' }, renderBlocks(blocks, around)),
    ]),
  )
  // Without its own signs a list is none for VoiceOver, unless it says so.
  return h(
    ordered ? 'ol' : 'ul',
    { class: 'flex flex-col gap-0.5', role: 'list', dir: dirOf(items.flatMap(({ blocks }) => blocks)) },
    rows,
  )
}

const ALIGN = { start: 'text-start', center: 'text-center', end: 'text-end' } as const

/** A wide table can be scrolled, by keyboard too. */
function table(
  align: readonly Align[],
  rows: readonly (readonly (readonly Inline[])[])[],
  around: Surroundings,
): VNodeChild {
  const row = (cells: readonly (readonly Inline[])[], tag: 'th' | 'td') =>
    h(
      'tr',
      cells.map((cell, i) =>
        h(tag, { class: `border border-line px-2.5 py-1 align-top ${tag === 'th' ? 'bg-panel font-semibold' : ''}` }, [
          words(cell, around, `${WORDS} ${ALIGN[align[i] ?? 'start']}`),
        ]),
      ),
    )
  const [head = [], ...body] = rows
  const parts = [
    h('thead', [row(head, 'th')]),
    h(
      'tbody',
      body.map((cells) => row(cells, 'td')),
    ),
  ]
  const box = {
    class: 'my-1 max-w-full overflow-x-auto',
    tabindex: 0,
    role: 'group',
    'aria-label': around.tableLabel(),
  }
  return h('div', box, [h('table', { class: 'border-collapse text-sm wrap-normal' }, parts)])
}
