import { expect, test } from 'vitest'
import { isEnough } from './go.mjs'

test.each([
  ['go version go1.26.8 linux/amd64', 'local', true],
  ['go version go1.27.0 darwin/arm64', 'auto', true],
  ['go version go1.22.2 linux/amd64', 'auto', true],
  ['go version go1.22.2 linux/amd64', 'local', false],
  ['go version go1.19.8 linux/amd64', 'auto', false],
  ['', '', false],
])('%j with toolchain %j', (version, toolchain, enough) => expect(isEnough(version, toolchain)).toBe(enough))
