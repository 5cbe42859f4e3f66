import { Contents } from '@beseda/proto/group/v1/group_service'
import { dayRange } from './search-days.js'

/** A part of a query that looks like a filter and was not understood. */
export interface OddFilter {
  /** As typed. */
  readonly text: string
  /** What the filter wants instead; `filter`: there is no such filter, and the part was searched for as words. */
  readonly wants: 'date' | 'contents' | 'me' | 'filter'
}

/** A parsed search query. Times in Unix ms; 0: not given. */
export interface SearchQuery {
  readonly words: string
  /** Names after from:, to be resolved to people. */
  readonly from: string
  /** Name after in:, to be resolved to a conversation. */
  readonly in: string
  readonly has: readonly Contents[]
  readonly mentionsMe: boolean
  readonly pinned: boolean
  readonly after: number
  readonly before: number
  readonly odd: readonly OddFilter[]
}

const FILTERS = {
  from: ['from', 'от'],
  in: ['in', 'в'],
  has: ['has', 'есть'],
  before: ['before', 'до'],
  after: ['after', 'после'],
  on: ['on', 'дата'],
  mentions: ['mentions', 'упоминает'],
  is: ['is'],
} as const
type Filter = keyof typeof FILTERS
const NAMES = new Map<string, Filter>(
  Object.entries(FILTERS).flatMap(([filter, names]) => names.map((name) => [name, filter as Filter] as const)),
)

const CONTENTS: Readonly<Record<string, Contents | 'pin'>> = {
  file: Contents.FILE,
  image: Contents.PICTURE,
  picture: Contents.PICTURE,
  photo: Contents.PICTURE,
  video: Contents.VIDEO,
  audio: Contents.AUDIO,
  voice: Contents.VOICE,
  link: Contents.LINK,
  pin: 'pin',
  файл: Contents.FILE,
  картинка: Contents.PICTURE,
  фото: Contents.PICTURE,
  видео: Contents.VIDEO,
  аудио: Contents.AUDIO,
  голос: Contents.VOICE,
  ссылка: Contents.LINK,
  закреп: 'pin',
}
const ME = ['me', '@me', 'me!', 'меня', 'мне']
const PINNED = ['pinned', 'pin']

/** A word before a colon. Addresses and ports are words. Keyboards of phones put quotation marks of their language. */
const FILTER = /(?<=^|\s)(\p{L}+):(?!\/\/|\d+(?:\s|$))(?:["“”„«]([^"“”»]*)["“”»]?|(\S*))/gu

/** `from:anna in:"chess club" has:link before:2026-11-01 words`, in English or Russian. `now`: Unix ms. */
export function parseSearch(text: string, now: number): SearchQuery {
  const query = { from: '', in: '', mentionsMe: false, pinned: false, after: 0, before: 0 }
  const has = new Set<Contents>()
  const odd: OddFilter[] = []
  const days = (filter: 'before' | 'after' | 'on', value: string, whole: string) => {
    const day = dayRange(value, now)
    if (!day) odd.push({ text: whole, wants: 'date' })
    else if (filter === 'before') query.before = day.start
    else {
      query.after = day.start
      if (filter === 'on') query.before = day.end
    }
  }
  const contain = (contents: Contents | 'pin' | undefined, whole: string) => {
    if (contents === undefined) odd.push({ text: whole, wants: 'contents' })
    else if (contents === 'pin') query.pinned = true
    else has.add(contents)
  }
  const words = text.replace(FILTER, (whole, key: string, quoted: string | undefined, plain: string | undefined) => {
    const value = quoted ?? plain ?? ''
    const filter = NAMES.get(key.toLowerCase())
    const named = value.toLowerCase()
    if (filter === 'from' || filter === 'in') query[filter] = value
    else if (filter === 'before' || filter === 'after' || filter === 'on') days(filter, value, whole)
    else if (filter === 'has') contain(CONTENTS[named], whole)
    else if (filter === 'mentions' && ME.includes(named)) query.mentionsMe = true
    else if (filter === 'mentions') odd.push({ text: whole, wants: 'me' })
    else if (filter === 'is' && PINNED.includes(named)) query.pinned = true
    else {
      if (value !== '') odd.push({ text: whole, wants: 'filter' })
      return whole
    }
    return ' '
  })
  return { ...query, words: words.trim().replace(/\s+/g, ' '), has: [...has], odd }
}

/** Whether there is nothing to search for. */
export const isEmptySearch = ({
  words,
  from,
  in: place,
  has,
  mentionsMe,
  pinned,
  after,
  before,
}: SearchQuery): boolean =>
  [words, from, place].every((part) => part === '') &&
  has.length === 0 &&
  !mentionsMe &&
  !pinned &&
  after + before === 0
