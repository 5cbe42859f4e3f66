import { lexer, type Token, type Tokens } from 'marked'
import { defineComponent, h, type VNodeChild } from 'vue'

/** Only what leads to a page or a letter box; `javascript:` and the like stay text. */
const SAFE_LINK = /^(https?:\/\/|mailto:)/i

/** Markdown as VNodes: no HTML is ever made from text, so none can be smuggled in. */
export default defineComponent({
  name: 'MarkdownText',
  props: { text: { type: String, required: true } },
  setup: (props) => () =>
    h('div', { class: 'flex flex-col gap-1' }, blocks(lexer(props.text, { gfm: true, breaks: true }))),
})

const blocks = (tokens: readonly Token[]): VNodeChild[] => tokens.map(block)

function block(token: Token): VNodeChild {
  switch (token.type) {
    case 'space':
      return null
    case 'paragraph':
      return h('p', inlines(token.tokens ?? []))
    case 'heading':
      return h('p', { class: 'font-semibold' }, inlines(token.tokens ?? []))
    case 'blockquote':
      return h('blockquote', { class: 'border-s-3 border-accent ps-3 text-muted' }, blocks(token.tokens ?? []))
    case 'code':
      return h(
        'pre',
        { class: 'overflow-x-auto rounded-lg bg-panel p-3 font-mono text-sm' },
        h('code', (token as Tokens.Code).text),
      )
    case 'list': {
      const { ordered, items, start } = token as Tokens.List
      const attributes = {
        class: ordered ? 'list-decimal ps-6' : 'list-disc ps-6',
        ...(ordered ? { start: start || 1 } : {}),
      }
      return h(
        ordered ? 'ol' : 'ul',
        attributes,
        items.map((item) => h('li', blocks(item.tokens))),
      )
    }
    case 'text':
      return h('span', inlines('tokens' in token && token.tokens ? token.tokens : [token]))
    default:
      return h('p', token.raw)
  }
}

const inlines = (tokens: readonly Token[]): VNodeChild[] =>
  tokens.map((token) => {
    switch (token.type) {
      case 'strong':
        return h('strong', inlines(token.tokens ?? []))
      case 'em':
        return h('em', inlines(token.tokens ?? []))
      case 'del':
        return h('del', inlines(token.tokens ?? []))
      case 'codespan':
        return h('code', { class: 'rounded bg-panel px-1 font-mono text-[0.92em]' }, (token as Tokens.Codespan).text)
      case 'br':
        return h('br')
      case 'link': {
        const { href, tokens: inside } = token as Tokens.Link
        if (!SAFE_LINK.test(href)) return token.raw
        const attributes = {
          href,
          target: '_blank',
          rel: 'noopener noreferrer nofollow',
          class: 'text-accent underline',
        }
        return h('a', attributes, inlines(inside))
      }
      case 'escape':
      case 'text':
        return 'tokens' in token && token.tokens ? inlines(token.tokens) : decoded(token as Tokens.Text)
      default:
        return token.raw
    }
  })

/** The lexer keeps a text as it was written, but for escapes. */
const decoded = (token: Tokens.Text): string => (token.type === 'text' ? token.raw : token.text)
