import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { inRoot } from '../lib/root.mjs'

/** Tests that look at screens with axe. */
const looking = globSync(inRoot('e2e/**/*.e2e.ts'))
  .map((file) => readFileSync(file, 'utf8'))
  .filter((source) => source.includes("support/axe.js'"))
  .join('\n')

/** Where the router's pages are, as tests open them: `/reset/:code` at `/reset`. The shell at `/` and any other address need no name. */
const places = [...readFileSync(inRoot('web/src/router.ts'), 'utf8').matchAll(/\bpath: '(\/[^']*)'/g)]
  .map(([, path = '']) => path.replace(/\/?:.*$/, ''))
  .filter((path) => path.length > 1)

it('axe looks at every page of the router', () => {
  expect(places.length).toBeGreaterThan(5)
  const unseen = places.filter((path) => !new RegExp(`['\`]${path}`).test(looking))
  expect(unseen, 'no test of accessibility opens it').toEqual([])
})
