import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import english from './en-first.js'

const SHOWN = [
  'auth/{AuthPage,OtherWays,ProofError,ProviderReturn,Register,SignIn}.vue',
  '../ui/{Banner,Button,ErrorLine,Kbd,Spinner,TextField,Toasts}.vue',
  'shell/UpdateBanner.vue',
]
const known = (key: string): boolean =>
  key.split('.').reduce<unknown>((areas, part) => (areas as Record<string, unknown> | undefined)?.[part], english) !==
  undefined

test('all texts of the sign-in screens are among the first texts', () => {
  const folder = new URL('../features/', import.meta.url).pathname
  const said = globSync(SHOWN.map((file) => folder + file)).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\bt\('([\w.]+)'/g)].map(([, key = '']) => key),
  )
  expect(said).toContain('auth.signIn')
  expect(said.filter((key) => !known(key))).toEqual([])
})
