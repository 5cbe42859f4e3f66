import { Parser } from 'htmlparser2'

/** What a page says about itself. */
export interface PageFacts {
  readonly title: string
  readonly description: string
  readonly siteName: string
  /** Absolute address of its picture; empty: none. */
  readonly imageUrl: string
}

const MOST_TITLE = 200
const MOST_DESCRIPTION = 400
const MOST_SITE_NAME = 60
/** Of each list the first that a page has is used. */
const SOURCES = {
  title: ['og:title', 'twitter:title'],
  description: ['og:description', 'twitter:description', 'description'],
  siteName: ['og:site_name', 'application-name'],
  imageUrl: ['og:image:secure_url', 'og:image', 'og:image:url', 'twitter:image', 'twitter:image:src'],
} as const
/** Meta tags that are read: more are a page that means harm. */
const MOST_FACTS = 200

/** Reads the head of a page: Open Graph (https://ogp.me), Twitter's names, and plain HTML. Undefined: neither title nor description. */
export function factsOf(html: string, pageUrl: URL): PageFacts | undefined {
  const said = new Map<string, string>()
  let title = ''
  let inTitle = false
  let over = false
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'body') over = true
      if (over) return
      inTitle = name === 'title' && title === ''
      if (name !== 'meta' || said.size >= MOST_FACTS) return
      const key = (attributes.property ?? attributes.name ?? '').trim().toLowerCase()
      if (key !== '' && attributes.content && !said.has(key)) said.set(key, attributes.content)
    },
    ontext(text) {
      if (inTitle && !over && title.length < MOST_TITLE) title += text
    },
    onclosetag(name) {
      if (name === 'title') inTitle = false
      if (name === 'head') over = true
    },
  })
  parser.end(html)
  const first = (keys: readonly string[]) => keys.map((key) => said.get(key)).find(Boolean) ?? ''
  const facts = {
    title: line(first(SOURCES.title) || title, MOST_TITLE),
    description: line(first(SOURCES.description), MOST_DESCRIPTION),
    siteName: line(first(SOURCES.siteName), MOST_SITE_NAME),
    imageUrl: absolute(first(SOURCES.imageUrl), pageUrl),
  }
  return facts.title === '' && facts.description === '' ? undefined : facts
}

/** One line of plain text of limited length, without control characters and without those that change the direction of writing. */
function line(text: string, most: number): string {
  const plain = text
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  const letters = [...plain]
  return letters.length > most ? `${letters.slice(0, most).join('')}…` : plain
}

function absolute(address: string, pageUrl: URL): string {
  if (address === '' || !URL.canParse(address, pageUrl.href)) return ''
  const url = new URL(address, pageUrl.href)
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : ''
}
