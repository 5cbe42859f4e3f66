const rules = new Intl.PluralRules('ru')

/** Index of the Russian form among one, few, many. */
export const russianPlural = (count: number, choices: number): number => {
  const form = rules.select(count)
  return Math.min(form === 'one' ? 0 : form === 'few' ? 1 : 2, choices - 1)
}
