import { expect, test } from 'vitest'
import { errorsOf } from './compiler.mjs'

test('only the errors of the tsc output are shown', () => {
  const error = "libs/rpc/src/client.ts(1,2): error TS2304: Cannot find name 'x'."
  expect(errorsOf(`${error}\n  some more of it\nerror TS5083: Cannot read file 'tsconfig.json'.\n`)).toEqual([
    error,
    "error TS5083: Cannot read file 'tsconfig.json'.",
  ])
})

test('the whole output is shown when tsc failed in another way', () => {
  expect(errorsOf('panic\n at main\n')).toEqual(['panic', ' at main'])
})
