import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { inRoot } from '../lib/root.mjs'
import { contractBaselines } from './baseline.mjs'

let root: string
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: root, encoding: 'utf8' })
/** Commits a file and returns the hash. */
function commit(file: string, text: string): string {
  writeFileSync(join(root, file), text)
  git('add', '-A')
  git('commit', '--quiet', '--message', file)
  return git('rev-parse', 'HEAD').trim()
}
const release = (commit: string) =>
  writeFileSync(join(root, 'proto', 'released.json'), JSON.stringify([{ version: '0.1.0', commit }]))

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'beseda-baseline-'))
  git('init', '--quiet', '--initial-branch', 'main')
  mkdirSync(join(root, 'proto'))
  return () => rmSync(root, { recursive: true, force: true })
})

it('compares with the release, however many commits ago it was, and with the commit before', async () => {
  const released = commit('proto/buf.yaml', 'version: v2')
  release(released)
  commit('proto/a.proto', 'incompatible')
  const before = commit('proto/b.proto', 'unrelated')
  commit('proto/c.proto', 'unrelated')
  expect(await contractBaselines(root)).toEqual([released, before])
})

it('on a branch, with the commit where it left main', async () => {
  const released = commit('proto/buf.yaml', 'version: v2')
  release(released)
  const fork = commit('proto/a.proto', 'main')
  git('checkout', '--quiet', '-b', 'branch')
  commit('proto/b.proto', 'first of the branch')
  commit('proto/c.proto', 'second of the branch')
  expect(await contractBaselines(root)).toEqual([released, fork])
})

it('with nothing where the history is missing, as in a shallow clone', async () => {
  release('0123456789abcdef0123456789abcdef01234567')
  commit('proto/buf.yaml', 'version: v2')
  expect(await contractBaselines(root)).toEqual([])
})

it('every recorded release is listed with the commit that the recording was made at', () => {
  const releases: { version: string; commit: string }[] = JSON.parse(
    readFileSync(inRoot('proto', 'released.json'), 'utf8'),
  )
  const recorded = readdirSync(inRoot('e2e', 'recorded')).filter((file) => file.endsWith('.tgz'))
  expect(releases.map(({ version }) => `${version}.tgz`)).toEqual(recorded)
  const story = readFileSync(inRoot('e2e', 'recorded', 'README.md'), 'utf8')
  for (const { commit: full } of releases) expect(story).toContain(full.slice(0, 7))
})
