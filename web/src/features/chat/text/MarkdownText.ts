import { splitMentions } from '@beseda/rules'
import { Marked, type Token, type Tokens } from 'marked'
import { computed, defineComponent, h, type VNodeChild } from 'vue'
import { useI18n } from '../../../i18n/index.js'
import { useDirectory } from '../../../stores/directory.js'
import CodeBlock from './CodeBlock.vue'
import SpoilerText from './SpoilerText.vue'

/** Up to three emoji and nothing else: shown large. */
const EMOJI_ONLY =
  /^\s*(?:(?:[\u{1F1E6}-\u{1F1FF}]{2}|\p{Extended_Pictographic}(?:\uFE0F|[\u{1F3FB}-\u{1F3FF}]|\u200D\p{Extended_Pictographic})*)\s*){1,3}$/u
/** Only links to pages and e-mail addresses; `javascript:` and the like stay text. */
const SAFE_LINK = /^(https?:\/\/|mailto:)/i
/** Nesting limit of quotes and lists: deeper ones are shown as written. */
const MAX_DEPTH = 12
/** A line of delimiters that never close makes a parser look back at each of them. */
const BREAK = '\u200b'
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

/** The parsed text. Long runs of one character are broken by an invisible space, so that parsing them takes linear time. */
const parse = (text: string): Token[] => marked.lexer(text.replace(RUN, (run) => run.replace(/.{8}/g, `$&${BREAK}`)))
/** Code is shown and copied as it was written, so the invisible spaces are removed. */
const unbroken = (code: string): string => code.replaceAll(BREAK, '')

interface Words {
  /** The name after the @ of a mention. */
  name(target: string): string
}

/** Renders Markdown as VNodes: no HTML is ever made from text, so none can be injected. */
export default defineComponent({
  name: 'MarkdownText',
  props: { text: { type: String, required: true } },
  setup(props) {
    const directory = useDirectory()
    const { t } = useI18n()
    const parsed = computed(() => parse(props.text))
    const words: Words = {
      name: (target) =>
        target === 'all'
          ? t('chat.mentionAll')
          : target === 'admins'
            ? t('chat.mentionAdmins')
            : directory.nameOf(target),
    }
    return () =>
      EMOJI_ONLY.test(props.text)
        ? h('p', { class: 'text-[2.25rem] leading-tight' }, props.text)
        : h('div', { class: 'flex flex-col gap-1' }, blocks(parsed.value, words, 0))
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
      return h('p', { class: 'text-[1.0625rem] font-semibold' }, inlines(inside, words, depth))
    case 'blockquote':
      return h(
        'blockquote',
        { class: 'my-0.5 flex flex-col gap-1 rounded-sm border-s-3 border-edge ps-3 text-muted' },
        blocks(inside, words, depth),
      )
    case 'code':
      return h(CodeBlock, { code: unbroken((token as Tokens.Code).text), language: languageOf(token as Tokens.Code) })
    case 'list':
      return list(token as Tokens.List, words, depth)
    case 'text':
      return h('span', inlines(inside.length > 0 ? inside : [token], words, depth))
    default:
      return h('p', withMentions(token.raw, words))
  }
}

/** The first word after the fence. */
const languageOf = ({ lang }: Tokens.Code): string => /^[\w#+-]{1,20}/.exec(lang ?? '')?.[0] ?? ''

function list({ ordered, items, start }: Tokens.List, words: Words, depth: number): VNodeChild {
  const attributes = {
    class: ordered
      ? 'flex list-decimal flex-col gap-0.5 ps-6 marker:text-muted'
      : 'flex list-disc flex-col gap-0.5 ps-5 marker:text-muted',
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
      return h(
        'code',
        { class: 'rounded border border-line bg-panel px-1 py-px font-mono text-[0.875em]' },
        unbroken((token as Tokens.Codespan).text),
      )
    case 'br':
      return h('br')
    case 'link': {
      const { href } = token as Tokens.Link
      if (!SAFE_LINK.test(href)) return token.raw
      const attributes = {
        href,
        target: '_blank',
        rel: 'noopener noreferrer nofollow',
        class: 'text-accent underline decoration-accent/40 underline-offset-2 hover:decoration-accent',
      }
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

/** Text with mentions by name. */
const withMentions = (text: string, words: Words): VNodeChild[] =>
  splitMentions(text).map((piece) =>
    'target' in piece
      ? h('span', { class: 'rounded bg-soft px-1 font-medium text-accent' }, `@${words.name(piece.target)}`)
      : piece.text,
  )
