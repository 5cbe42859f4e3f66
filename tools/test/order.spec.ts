import { expect, it } from 'vitest'
import { LONG, longFirst } from './order.mjs'
import { testFiles } from './runs.mjs'

it('long files begin first, the others stay in their order', () => {
  const files = [
    'e2e/people/law.e2e.ts',
    'e2e/machines/chaos.e2e.ts',
    'services/fuzz.int.spec.ts',
    'services/ids.int.spec.ts',
  ]
  const sorted = longFirst(files.map((file) => ({ moduleId: `/somewhere/${file}` })))
  expect(sorted.map(({ moduleId }) => moduleId.replace('/somewhere/', ''))).toEqual([
    'e2e/machines/chaos.e2e.ts',
    'services/fuzz.int.spec.ts',
    'e2e/people/law.e2e.ts',
    'services/ids.int.spec.ts',
  ])
})

it('every long file is there', () => {
  const files = testFiles()
  expect(LONG.filter((name) => !files.some((file) => file.startsWith(`${name}.`)))).toEqual([])
})
