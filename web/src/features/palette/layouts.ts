/** Other spellings of a query: typed in the wrong keyboard layout, or in the other alphabet. Pure. */

const LATIN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
const CYRILLIC = 'ёйцукенгшщзхъфывапролджэячсмитьбю'
const toCyrillic = new Map([...LATIN].map((sign, at) => [sign, CYRILLIC[at] ?? sign]))
const toLatin = new Map([...CYRILLIC].map((sign, at) => [sign, LATIN[at] ?? sign]))
const mapped = (text: string, signs: ReadonlyMap<string, string>) =>
  [...text].map((sign) => signs.get(sign) ?? sign).join('')

/** Russian in Latin letters, the simple way people write it. */
const SOUNDS: Readonly<Record<string, string>> = {
  а: 'a',
  б: 'b',
  в: 'v',
  г: 'g',
  д: 'd',
  е: 'e',
  ё: 'e',
  ж: 'zh',
  з: 'z',
  и: 'i',
  й: 'y',
  к: 'k',
  л: 'l',
  м: 'm',
  н: 'n',
  о: 'o',
  п: 'p',
  р: 'r',
  с: 's',
  т: 't',
  у: 'u',
  ф: 'f',
  х: 'kh',
  ц: 'ts',
  ч: 'ch',
  ш: 'sh',
  щ: 'sch',
  ъ: '',
  ы: 'y',
  ь: '',
  э: 'e',
  ю: 'yu',
  я: 'ya',
}

/** Lower case without accents, with ё as е. */
export const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll('ё', 'е')
    .normalize('NFD')
    .replace(/[\u0300-\u0305\u0307-\u036f]/g, '')
    .normalize('NFC')

/** Transliterates to Latin, without distinguishing `x` from `ks` or `j` from `dzh`. */
export const sound = (text: string): string => [...plain(text)].map((sign) => SOUNDS[sign] ?? sign).join('')

/** Possible meanings of a query: as typed, and the same keys in the other layout. */
export function meanings(typed: string): readonly string[] {
  const text = typed.toLowerCase().trim()
  return [...new Set([text, mapped(text, toCyrillic), mapped(text, toLatin)].map(plain))]
}
