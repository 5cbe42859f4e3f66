/** What stands for the `{names}` of a sentence. */
export type Named = Readonly<Record<string, string | number>>

const rules = new Map<string, Intl.PluralRules>()
const numbers = new Map<string, Intl.NumberFormat>()

/** One of a kind for each language: making one costs more than using it a thousand times. */
function kept<T>(all: Map<string, T>, locale: string, make: () => T): T {
  const known = all.get(locale)
  if (known !== undefined) return known
  const made = make()
  all.set(locale, made)
  return made
}

/** A number as the language writes it: 12,345 or 12 345. */
export const numberText = (value: number, locale: string): string =>
  kept(numbers, locale, () => new Intl.NumberFormat(locale)).format(value)

/** The forms of a language in the order in which a sentence has them; `other` stands for what is not listed. */
const FORMS: Readonly<Record<string, readonly string[]>> = { en: ['one', 'other'], ru: ['one', 'few', 'many'] }

/** Which of the forms of a sentence a count takes. One form more than the language has: the first is for none. */
export function formFor(count: number, choices: number, locale: string): number {
  const forms = FORMS[locale] ?? ['other']
  const zero = choices > forms.length ? 1 : 0
  if (zero && count === 0) return 0
  const category = kept(rules, locale, () => new Intl.PluralRules(locale)).select(count)
  const at = forms.indexOf(category)
  return Math.min(choices - 1, zero + (at < 0 ? forms.length - 1 : at))
}

/**
 * A sentence with its blanks filled. Forms for different numbers stand in it with ` | ` between them; the number is `count`, else
 * the value named `n` or `count`. Numbers are written as the language writes them.
 */
export function say(sentence: string, locale: string, named: Named = {}, count?: number): string {
  const forms = sentence.split(' | ')
  const number = count ?? [named.count, named.n].find((value) => typeof value === 'number') ?? 1
  const form = forms.length === 1 ? sentence : (forms[formFor(Number(number), forms.length, locale)] ?? sentence)
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = named[name]
    return typeof value === 'number' ? numberText(value, locale) : (value ?? whole)
  })
}
