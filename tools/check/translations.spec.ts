import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readTranslations, translationProblems } from './translations.mjs'

describe('translationProblems', () => {
  it('accepts the same keys and placeholders, in any order', () => {
    const en = { hello: 'Hello, {name} of {place}', call: { end: 'Hang up' } }
    const ru = { call: { end: 'Положить трубку' }, hello: '{place}: здравствуйте, {name}' }
    expect(translationProblems({ en, ru })).toEqual([])
  })

  it('allows a repeated placeholder in plural forms', () => {
    expect(
      translationProblems({ en: { n: '{n} day | {n} days' }, ru: { n: '{n} день | {n} дня | {n} дней' } }),
    ).toEqual([])
  })

  it('finds missing and empty texts', () => {
    expect(translationProblems({ en: { a: 'A', b: { c: 'C' } }, ru: { a: '', d: 'Д' } })).toEqual([
      'a is missing in ru',
      'b.c is missing in ru',
      'd is missing in en',
    ])
  })

  it('finds a placeholder that only one locale has', () => {
    expect(translationProblems({ en: { a: '{name}' }, ru: { a: '{title}' } })).toEqual([
      'a has different placeholders: {name} / {title}',
    ])
  })

  it('finds a text that the client cannot parse', () => {
    const problemOf = (a: string) => translationProblems({ en: { a } })[0]
    expect(problemOf('by {name')).toMatch(/^a in en: /)
    expect(problemOf('by { name }')).toMatch(/^a in en: /)
    expect(problemOf('one | | many')).toMatch(/^a in en: /)
    expect(problemOf('one|many')).toMatch(/^a in en: /)
    expect(problemOf('by name or @name')).toBeUndefined()
  })

  it('reports that there are no translations', () => {
    expect(translationProblems({})).toEqual(['no translations in web/src/i18n'])
  })
})

it('reads JSON and TypeScript files by locale, and ignores others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'beseda-i18n-'))
  await writeFile(join(folder, 'en.json'), '{"a":"A"}')
  await writeFile(join(folder, 'ru.ts'), "export default { a: 'А' } satisfies Record<string, string>")
  await writeFile(join(folder, 'index.ts'), 'throw new Error()')
  expect(await readTranslations(folder)).toEqual({ en: { a: 'A' }, ru: { a: 'А' } })
  expect(await readTranslations(join(folder, 'none'))).toEqual({})
  await rm(folder, { recursive: true })
})
