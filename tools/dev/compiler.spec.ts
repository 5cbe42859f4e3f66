import { expect, test } from 'vitest'
import { errorsOf } from './compiler.mjs'

test('of what tsc says the errors are shown', () => {
  const error = "libs/rpc/src/client.ts(1,2): error TS2304: Cannot find name 'x'."
  expect(errorsOf(`${error}\n  some more of it\nerror TS5083: Cannot read file 'tsconfig.json'.\n`)).toEqual([
    error,
    "error TS5083: Cannot read file 'tsconfig.json'.",
  ])
})

test('and everything, when it failed in another way', () => {
  expect(errorsOf('panic\n at main\n')).toEqual(['panic', ' at main'])
})
