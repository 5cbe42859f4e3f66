import { Contents } from '@beseda/proto/group/v1/group_service'

/** A parsed search query. Times in Unix ms; 0: not given. */
export interface SearchQuery {
  readonly words: string
  /** Names after from:, to be resolved to people. */
  readonly from: string
  /** Name after in:, to be resolved to a conversation. */
  readonly in: string
  readonly has: readonly Contents[]
  readonly after: number
  readonly before: number
}

const CONTENTS: Readonly<Record<string, Contents>> = {
  file: Contents.FILE,
  image: Contents.PICTURE,
  picture: Contents.PICTURE,
  voice: Contents.VOICE,
  link: Contents.LINK,
  файл: Contents.FILE,
  картинка: Contents.PICTURE,
  голос: Contents.VOICE,
  ссылка: Contents.LINK,
}

const FILTER = /(?:^|\s)(from|от|in|в|has|есть|before|до|after|после):(?:"([^"]+)"|(\S+))/giu

/** `from:anna in:"chess club" has:link before:2026-11-01 words`, in English or Russian; a filter without a value is a word. */
export function parseSearch(text: string): SearchQuery {
  let [from, place] = ['', '']
  let after = 0
  let before = 0
  const has = new Set<Contents>()
  const words = text.replace(FILTER, (whole, key: string, quoted: string | undefined, plain: string | undefined) => {
    const value = quoted ?? plain ?? ''
    const name = key.toLowerCase()
    const contents = CONTENTS[value.toLowerCase()]
    const day = dayOf(value)
    if (name === 'from' || name === 'от') from = value.replace(/^@/, '')
    else if (name === 'in' || name === 'в') place = value
    else if ((name === 'has' || name === 'есть') && contents !== undefined) has.add(contents)
    else if ((name === 'before' || name === 'до') && day > 0) before = day
    else if ((name === 'after' || name === 'после') && day > 0) after = day
    else return whole
    return ' '
  })
  return { words: words.trim().replace(/\s+/g, ' '), from, in: place, has: [...has], after, before }
}

/** Midnight of a day in the local time zone; 0: not a date. */
function dayOf(text: string): number {
  const [, year, month, day] = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text) ?? []
  return year && month && day ? new Date(Number(year), Number(month) - 1, Number(day)).getTime() : 0
}
