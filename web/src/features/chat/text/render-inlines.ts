import type { Inline, Link } from '@beseda/rules'
import { h, type VNodeChild } from 'vue'
import { ownPath } from './own-path.js'
import SpoilerText from './SpoilerText.js'
import type { Surroundings } from './surroundings.js'

export const renderInlines = (nodes: readonly Inline[], around: Surroundings): VNodeChild[] =>
  nodes.map((node) => renderInline(node, around))

function renderInline(node: Inline, around: Surroundings): VNodeChild {
  switch (node.type) {
    case 'text':
      return node.text
    case 'code':
      return h(
        'code',
        { class: 'rounded border border-line bg-panel px-1 py-px font-mono text-[0.875em]', dir: 'ltr' },
        node.text,
      )
    case 'mention':
      return mention(node.target, around)
    case 'link':
      return link(node, around)
    case 'spoiler':
      return h(SpoilerText, null, { default: () => renderInlines(node.inside, around) })
    default:
      return h(node.type, renderInlines(node.inside, around))
  }
}

/** A name runs in its own direction, wherever it stands. That of a person opens their profile. */
function mention(target: string, around: Surroundings): VNodeChild {
  const looks = around.isMe(target)
    ? 'rounded bg-amber px-1 font-medium text-amber-ink'
    : 'rounded bg-soft px-1 font-medium text-accent'
  const name = `@${around.nameOf(target)}`
  const isPerson = target !== 'all' && target !== 'admins'
  if (!isPerson || !around.card) return h('bdi', { class: looks }, name)
  return h(
    around.card,
    { userId: target, chip: true },
    { default: () => h('bdi', { class: `${looks} hover:underline` }, name) },
  )
}

const LINK = 'text-accent underline decoration-accent/40 underline-offset-2 hover:decoration-accent'

/** A link into this client stays in its window. */
function link({ href, inside, named }: Link, around: Surroundings): VNodeChild {
  const path = ownPath(href)
  const words = renderInlines(inside, around)
  const looks = { href, class: LINK, dir: named ? undefined : 'ltr', title: named ? href : undefined }
  if (path === undefined) return h('a', { ...looks, target: '_blank', rel: 'noopener noreferrer nofollow' }, words)
  const onClick = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    around.go(path)
  }
  return h('a', { ...looks, onClick }, words)
}
