import { linkWords, webAddress } from './markdown.js'

/** Code is left alone; everything between is read. */
const CODE = /(```[\s\S]*?```|`[^`\n]+`)/
const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' }
const decoded = (text: string): string => text.replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity] ?? entity)

/** What would look like a mention here. */
const CALL = /<@(?=(all|admins|[0-9a-f-]{36})>)/g

/**
 * `<…>` of Slack: addresses, and names of people, channels and groups, which mean nobody here. `<!here>` and its kin call nobody either: a
 * webhook mentions no one.
 */
function reference(inside: string): string {
  const [target = '', label = ''] = inside.split('|', 2)
  if (target.startsWith('!date^')) return decoded(label)
  if (target.startsWith('!subteam')) return decoded(label) || '@group'
  if (target.startsWith('!')) return `@${target.slice(1)}`
  if (target.startsWith('@')) return `@${decoded(label) || target.slice(1)}`
  if (target.startsWith('#')) return `#${decoded(label) || target.slice(1)}`
  const href = webAddress(decoded(target))
  const words = linkWords(decoded(label))
  if (href !== undefined) return words === '' ? href : `[${words}](${href})`
  return words || decoded(target).replace(/^mailto:/, '')
}

/** Signs that stand around words: `*` is bold in Slack, and emphasis in Markdown. */
const BOLD = /(?<![\p{L}\p{N}*])\*(?=\S)([^\n*]*?\S)\*(?![\p{L}\p{N}*])/gu
const STRUCK = /(?<![\p{L}\p{N}~])~(?=\S)([^\n~]*?\S)~(?![\p{L}\p{N}~])/gu

/** Slack's mrkdwn as Markdown (https://docs.slack.dev/messaging/formatting-message-text). */
export function fromMrkdwn(text: string): string {
  return text
    .split(CODE)
    .map((part, i) => {
      if (i % 2 === 1) return decoded(part)
      const marked = part.replace(BOLD, '**$1**').replace(STRUCK, '~~$1~~').replace(/^• /gm, '- ')
      return marked
        .split(/<([^<>\n]+)>/)
        .map((piece, n) => (n % 2 === 1 ? reference(piece) : decoded(piece).replace(CALL, '\\$&')))
        .join('')
    })
    .join('')
}
