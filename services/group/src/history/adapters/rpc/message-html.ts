import { type Block, directionOf, type Inline, ownWords, parseMarkup } from '@beseda/rules'

export const escaped = (text: unknown): string =>
  String(text ?? '').replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)

type NameOf = (target: string) => string

/** A message as HTML without scripts. A spoiler is hidden until it is clicked (`.spoiler` of the page's style). */
export const messageHtml = (text: string, nameOf: NameOf): string =>
  parseMarkup(text)
    .map((block) => ofBlock(block, nameOf))
    .join('')

const ofBlocks = (blocks: readonly Block[], nameOf: NameOf): string =>
  blocks.map((block) => ofBlock(block, nameOf)).join('')

function ofBlock(block: Block, nameOf: NameOf): string {
  const dir = directionOf(ownWords([block])) ?? 'auto'
  switch (block.type) {
    case 'paragraph':
      return `<div class="words" dir="${dir}">${ofInlines(block.inside, nameOf)}</div>`
    case 'heading':
      return `<h3 dir="${dir}">${ofInlines(block.inside, nameOf)}</h3>`
    case 'quote':
      return `<blockquote dir="${dir}">${ofBlocks(block.blocks, nameOf)}</blockquote>`
    case 'spoiler':
      return `<div class="spoiler" tabindex="0">${ofBlocks(block.blocks, nameOf)}</div>`
    case 'list':
      return block.items
        .map(({ marker, done, blocks }) => {
          const task = done === undefined ? '' : done ? '☑ ' : '☐ '
          return `<div class="item" dir="${dir}"><span>${escaped(marker)} ${task}</span><div>${ofBlocks(blocks, nameOf)}</div></div>`
        })
        .join('')
    case 'table':
      return `<table>${block.rows.map((row) => `<tr>${row.map((cell) => `<td>${ofInlines(cell, nameOf)}</td>`).join('')}</tr>`).join('')}</table>`
    case 'code':
      return `<pre dir="ltr">${escaped(block.text)}</pre>`
    case 'rule':
      return '<hr>'
  }
}

const ofInlines = (nodes: readonly Inline[], nameOf: NameOf): string =>
  nodes.map((node) => ofInline(node, nameOf)).join('')

function ofInline(node: Inline, nameOf: NameOf): string {
  switch (node.type) {
    case 'text':
      return escaped(node.text)
    case 'code':
      return `<code dir="ltr">${escaped(node.text)}</code>`
    case 'mention':
      return `<bdi>@${escaped(nameOf(node.target))}</bdi>`
    case 'spoiler':
      return `<span class="spoiler" tabindex="0">${ofInlines(node.inside, nameOf)}</span>`
    case 'link':
      return `<a href="${escaped(node.href)}" rel="noopener noreferrer">${ofInlines(node.inside, nameOf)}</a>`
    default:
      return `<${node.type}>${ofInlines(node.inside, nameOf)}</${node.type}>`
  }
}
