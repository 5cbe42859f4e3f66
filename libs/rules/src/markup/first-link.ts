import { parseMarkup } from './parse.js'
import { type Into, inlinesOf } from './walk.js'

/** Without one of these nothing is a link to a page: most messages are not parsed. */
const MAY_LINK = /https?:\/\/|www\./i

function* linksIn(text: string, into: Into): Generator<string> {
  if (!MAY_LINK.test(text)) return
  for (const node of inlinesOf(parseMarkup(text), into))
    if (node.type === 'link' && !/^mailto:/i.test(node.href)) yield node.href
}

/** The address of the first page that a message links to, outside of code and spoilers; undefined: none. */
export function firstLink(text: string): string | undefined {
  for (const href of linksIn(text, { quotes: true, spoilers: false })) return href
  return undefined
}

/** Whether a message links to a page, be it in a spoiler. */
export function hasLink(text: string): boolean {
  for (const _ of linksIn(text, { quotes: true, spoilers: true })) return true
  return false
}
