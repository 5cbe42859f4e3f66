import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { CLIENT_PATHS, contentSecurityPolicy } from './site.js'

test('the paths that index.html is sent for are those that the client routes', () => {
  const router = readFileSync(fileURLToPath(new URL('../../../web/src/router.ts', import.meta.url)), 'utf8')
  const paths = [...router.matchAll(/path: '([^']*)'/g)].map(([, path = '']) => path)
  const segments = paths.filter((path) => !path.startsWith('/:')).map((path) => path.replace(/^\//, '').split('/')[0])
  expect(segments.length).toBeGreaterThan(5)
  expect(new Set(segments)).toEqual(CLIENT_PATHS)
})

test('the page may connect to the nodes of the SFU, and to nothing else outside', () => {
  const connect = (urls: readonly string[]) => /connect-src ([^;]*)/.exec(contentSecurityPolicy(urls))?.[1]
  expect(connect([])).toBe("'self' blob:")
  expect(connect(['wss://sfu1.example.org'])).toBe("'self' blob: wss://sfu1.example.org https://sfu1.example.org")
  // The path of a policy without a slash at its end is that path alone, and the client asks below it.
  expect(connect(['wss://chat.example.org/sfu'])).toBe("'self' blob: wss://chat.example.org https://chat.example.org")
})
