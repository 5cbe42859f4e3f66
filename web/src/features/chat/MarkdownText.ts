import { splitMentions } from '@beseda/kernel'
import { Marked, type Token, type Tokens } from 'marked'
import { defineComponent, h, type VNodeChild } from 'vue'
import { useI18n } from 'vue-i18n'
import { useDirectory } from '../../stores/directory.js'
import SpoilerText from './SpoilerText.vue'

/** Only what leads to a page or a letter box; `javascript:` and the like stay text. */
const SAFE_LINK = /^(https?:\/\/|mailto:)/i
/** Quotes in quotes and lists in lists: deeper ones are shown as they were written. */
const MAX_DEPTH = 12
/** A line of openings that never close makes a parser look back at each of them. */
const RUN = /([>[\]*_~`|(!])\1{15,}/g

const marked = new Marked({
  gfm: true,
  breaks: true,
  extensions: [
    {
      name: 'spoiler',
      level: 'inline',
      start: (text) => text.indexOf('||'),
      tokenizer(text) {
        const [raw, inside] = /^\|\|(?=\S)([^|]+?)\|\|/.exec(text) ?? []
        if (raw === undefined || inside === undefined) return undefined
        return { type: 'spoiler', raw, tokens: this.lexer.inlineTokens(inside) }
      },
    },
  ],
})

/** The parsed text. Runs of one sign are broken by an invisible space, so that none of them costs more than its length. */
const parse = (text: string): Token[] => marked.lexer(text.replace(RUN, (run) => run.replace(/.{8}/g, '$&\u200b')))

interface Words {
  /** The name after the @ of a mention. */
  name(target: string): string
}

/** Markdown as VNodes: no HTML is ever made from text, so none can be smuggled in. */
export default defineComponent({
  name: 'MarkdownText',
  props: { text: { type: String, required: true } },
  setup(props) {
    const directory = useDirectory()
    const { t } = useI18n()
    const words: Words = {
      name: (target) =>
        target === 'all'
          ? t('chat.mentionAll')
          : target === 'admins'
            ? t('chat.mentionAdmins')
            : directory.nameOf(target),
    }
    return () => h('div', { class: 'flex flex-col gap-1' }, blocks(parse(props.text), words, 0))
  },
})

const blocks = (tokens: readonly Token[], words: Words, depth: number): VNodeChild[] =>
  tokens.map((token) => block(token, words, depth + 1))

function block(token: Token, words: Words, depth: number): VNodeChild {
  if (depth > MAX_DEPTH) return h('p', token.raw)
  const inside = 'tokens' in token ? (token.tokens ?? []) : []
  switch (token.type) {
    case 'space':
      return null
    case 'paragraph':
      return h('p', inlines(inside, words, depth))
    case 'heading':
      return h('p', { class: 'font-semibold' }, inlines(inside, words, depth))
    case 'blockquote':
      return h('blockquote', { class: 'border-s-3 border-accent ps-3 text-muted' }, blocks(inside, words, depth))
    case 'code':
      return h(
        'pre',
        { class: 'overflow-x-auto rounded-lg bg-panel p-3 font-mono text-sm', tabindex: 0 },
        h('code', (token as Tokens.Code).text),
      )
    case 'list':
      return list(token as Tokens.List, words, depth)
    case 'text':
      return h('span', inlines(inside.length > 0 ? inside : [token], words, depth))
    default:
      return h('p', withMentions(token.raw, words))
  }
}

function list({ ordered, items, start }: Tokens.List, words: Words, depth: number): VNodeChild {
  const attributes = {
    class: ordered ? 'list-decimal ps-6' : 'list-disc ps-6',
    ...(ordered ? { start: start || 1 } : {}),
  }
  const rows = items.map((item) => h('li', blocks(item.tokens, words, depth)))
  return h(ordered ? 'ol' : 'ul', attributes, rows)
}

const inlines = (tokens: readonly Token[], words: Words, depth: number): VNodeChild[] =>
  tokens.map((token) => inline(token, words, depth + 1))

function inline(token: Token, words: Words, depth: number): VNodeChild {
  if (depth > MAX_DEPTH) return token.raw
  const inside = () => inlines('tokens' in token ? (token.tokens ?? []) : [], words, depth)
  switch (token.type) {
    case 'strong':
    case 'em':
    case 'del':
      return h(token.type, inside())
    case 'spoiler':
      return h(SpoilerText, null, { default: inside })
    case 'codespan':
      return h('code', { class: 'rounded bg-panel px-1 font-mono text-[0.92em]' }, (token as Tokens.Codespan).text)
    case 'br':
      return h('br')
    case 'link': {
      const { href } = token as Tokens.Link
      if (!SAFE_LINK.test(href)) return token.raw
      const attributes = { href, target: '_blank', rel: 'noopener noreferrer nofollow', class: 'text-accent underline' }
      return h('a', attributes, inside())
    }
    case 'escape':
      return (token as Tokens.Escape).text
    case 'text':
      return 'tokens' in token && token.tokens ? inside() : withMentions(token.raw, words)
    default:
      return withMentions(token.raw, words)
  }
}

/** Text with the people in it by name. */
const withMentions = (text: string, words: Words): VNodeChild[] =>
  splitMentions(text).map((piece) =>
    'target' in piece
      ? h('span', { class: 'rounded bg-soft px-1 font-medium text-accent' }, `@${words.name(piece.target)}`)
      : piece.text,
  )
