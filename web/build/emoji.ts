import { createRequire } from 'node:module'
import type { Plugin } from 'vite'

/** The used fields of emojibase-data. */
interface Source {
  readonly hexcode: string
  readonly label: string
  readonly unicode: string
  readonly group?: number
  readonly order?: number
  readonly tags?: readonly string[]
  readonly skins?: readonly { readonly unicode: string }[]
}
type Shortcodes = Readonly<Record<string, string | readonly string[]>>

const PREFIX = 'virtual:emoji/'
/** Group 2 holds components of emoji, which nobody sends alone. */
const COMPONENTS = 2
const LIGHT = '\u{1F3FB}'
const require = createRequire(import.meta.url)

/** One canonical string per emoji: the emoji variation selector only where the default presentation is text. */
const written = (unicode: string): string => unicode.replace(/^(\p{Emoji_Presentation})\uFE0F$/u, '$1')

/** Whether its skin tones are made by appending the modifier to the first code point. */
function takesTone({ unicode, skins }: Source): boolean {
  const [first = '', ...rest] = [...unicode]
  return skins?.[0]?.unicode === first + LIGHT + rest.join('').replace(/^\uFE0F/, '')
}

/** [emoji, group, has skin tones, name, short codes, words], the format the client reads: a third of the size of the source. */
function catalogue(language: string): unknown[] {
  const emoji = require(`emojibase-data/${language}/compact.json`) as Source[]
  const kind = language === 'en' ? 'emojibase' : 'cldr-native'
  const codes = require(`emojibase-data/${language}/shortcodes/${kind}.json`) as Shortcodes
  return emoji
    .filter(({ group }) => group !== undefined && group !== COMPONENTS)
    .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .map((one) => [
      written(one.unicode),
      one.group,
      takesTone(one) ? 1 : 0,
      one.label,
      [codes[one.hexcode] ?? []].flat().join(' '),
      one.tags?.join(' ') ?? '',
    ])
}

/** `virtual:emoji/en` and `virtual:emoji/ru`: all emoji by name, each in its own chunk. */
export const emoji = (): Plugin => ({
  name: 'beseda-emoji',
  resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : undefined),
  load: (id) =>
    id.startsWith(`\0${PREFIX}`)
      ? `export default JSON.parse(${JSON.stringify(JSON.stringify(catalogue(id.slice(PREFIX.length + 1))))})`
      : undefined,
})
