import { isolated } from '@beseda/rules/direction'

/** Values for the `{names}` of a text. */
export type Named = Readonly<Record<string, string | number>>

const rules = new Map<string, Intl.PluralRules>()
const numbers = new Map<string, Intl.NumberFormat>()

/** Cached per language: creating one costs more than using it a thousand times. */
function kept<T>(all: Map<string, T>, locale: string, make: () => T): T {
  const known = all.get(locale)
  if (known !== undefined) return known
  const made = make()
  all.set(locale, made)
  return made
}

/** A number in the notation of the language: 12,345 or 12 345. */
export const numberText = (value: number, locale: string): string =>
  kept(numbers, locale, () => new Intl.NumberFormat(locale)).format(value)

/** The plural forms of a language in the order in which a text lists them; `other` is used for those not listed. */
const FORMS: Readonly<Record<string, readonly string[]>> = { en: ['one', 'other'], ru: ['one', 'few', 'many'] }

/** Index of the plural form for a count. If a text has one form more than the language, the first is for zero. */
export function formFor(count: number, choices: number, locale: string): number {
  const forms = FORMS[locale] ?? ['other']
  const zero = choices > forms.length ? 1 : 0
  if (zero && count === 0) return 0
  const category = kept(rules, locale, () => new Intl.PluralRules(locale)).select(count)
  const at = forms.indexOf(category)
  return Math.min(choices - 1, zero + (at < 0 ? forms.length - 1 : at))
}

/**
 * A text with its placeholders filled. Plural forms are separated by ` | `; the number is `count`, else
 * the value named `n` or `count`. Numbers are written in the notation of the language; names in their own direction.
 */
export function say(sentence: string, locale: string, named: Named = {}, count?: number): string {
  const forms = sentence.split(' | ')
  const number = count ?? [named.count, named.n].find((value) => typeof value === 'number') ?? 1
  const form = forms.length === 1 ? sentence : (forms[formFor(Number(number), forms.length, locale)] ?? sentence)
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = named[name]
    return typeof value === 'number' ? numberText(value, locale) : value === undefined ? whole : isolated(value)
  })
}
