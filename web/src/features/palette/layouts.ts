/** One word in other writings: typed on the wrong keyboard, or in the other alphabet. Pure. */

const LATIN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
const CYRILLIC = 'ёйцукенгшщзхъфывапролджэячсмитьбю'
const toCyrillic = new Map([...LATIN].map((sign, at) => [sign, CYRILLIC[at] ?? sign]))
const toLatin = new Map([...CYRILLIC].map((sign, at) => [sign, LATIN[at] ?? sign]))
const mapped = (text: string, signs: ReadonlyMap<string, string>) =>
  [...text].map((sign) => signs.get(sign) ?? sign).join('')

/** How Russian sounds in Latin letters, the simple way people write it. */
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

/** Small letters without accents, ё as е. */
export const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll('ё', 'е')
    .normalize('NFD')
    .replace(/[\u0300-\u0305\u0307-\u036f]/g, '')
    .normalize('NFC')

/** The sound in Latin letters, where `x` and `ks`, `j` and `dzh` are not told apart. */
export const sound = (text: string): string => [...plain(text)].map((sign) => SOUNDS[sign] ?? sign).join('')

/** What somebody may have meant: as typed, and as the same keys write on the other keyboard. */
export function meanings(typed: string): readonly string[] {
  const text = typed.toLowerCase().trim()
  return [...new Set([text, mapped(text, toCyrillic), mapped(text, toLatin)].map(plain))]
}
