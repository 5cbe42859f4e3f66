import { parseMarkup } from './parse.js'
import { inlinesOf } from './walk.js'

/** The address of the first page that a message links to, outside of code and spoilers; undefined: none. */
export function firstLink(text: string): string | undefined {
  for (const node of inlinesOf(parseMarkup(text), { quotes: true, spoilers: false }))
    if (node.type === 'link' && !/^mailto:/i.test(node.href)) return node.href
  return undefined
}
