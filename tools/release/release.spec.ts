import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { inRoot } from '../lib/root.mjs'
import { notesOf } from './notes.mjs'
import { notices } from './notices.mjs'

interface Step {
  readonly run?: string
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
}
const workflow = parse(readFileSync(inRoot('.github/workflows/release.yml'), 'utf8')) as {
  jobs: { release: { steps: Step[] } }
}
const { steps } = workflow.jobs.release
const at = (text: string) => steps.findIndex((step) => JSON.stringify(step).includes(text))

test('the notes of a release are what the changelog says of its version', () => {
  const changelog =
    '# Changelog\n\n## Unreleased\n\n- Soon.\n\n## 0.2.0\n\n### Added\n\n- A chart.\n\n## 0.1.0 (first preview)\n\n- All.\n'
  expect(notesOf(changelog, '0.2.0')).toBe('### Added\n\n- A chart.\n')
  expect(notesOf(changelog, '0.1.0')).toBe('- All.\n')
  expect(() => notesOf(changelog, '0.3.0')).toThrow('CHANGELOG.md has nothing under "## 0.3.0".')
})

test('the notices have the texts of what is shipped, and name the source of what asks for that', async () => {
  const root = await mkdtemp(join(tmpdir(), 'beseda-notices-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  const packages = {
    '': {},
    'node_modules/shipped': { version: '1.0.0', license: 'LGPL-3.0-or-later' },
    'node_modules/silent': { version: '2.0.0', license: '(Apache-2.0 AND MIT)' },
    'node_modules/tool': { version: '1.0.0', license: 'MIT', dev: true },
    'node_modules/elsewhere': { version: '1.0.0', license: 'MIT', optional: true },
  }
  const files = {
    'package-lock.json': JSON.stringify({ packages }),
    'node_modules/shipped/LICENSE.md': 'You may.',
    'node_modules/silent/package.json': '{}',
    'node_modules/tool/LICENSE': 'No.',
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  const text = await notices(root)
  expect(text).toContain(
    'shipped 1.0.0 (LGPL-3.0-or-later)\nIts source: https://www.npmjs.com/package/shipped/v/1.0.0\n\nYou may.',
  )
  expect(text).toContain('https://spdx.org/licenses/Apache-2.0.html https://spdx.org/licenses/MIT.html')
  expect(text).not.toMatch(/tool|elsewhere/)
})

test('a release compares the native module of the sockets before it builds, with the tag of the version that is installed', () => {
  const { version } = JSON.parse(readFileSync(inRoot('node_modules/uWebSockets.js/package.json'), 'utf8')) as {
    version: string
  }
  expect(at(`tools/image/uws.mjs compare v${version}`)).toBeGreaterThan(-1)
  expect(at(`tools/image/uws.mjs compare v${version}`)).toBeLessThan(at('docker/build-push-action'))
})

test('a release is built for both architectures, from a base by its digest, and says how, of what and by whom', () => {
  const build = steps[at('docker/build-push-action')]?.with
  expect(build).toMatchObject({ platforms: 'linux/amd64,linux/arm64', sbom: true, provenance: 'mode=max' })
  expect(build?.['build-args']).toContain('BASE=')
  expect(at('imagetools inspect')).toBeLessThan(at('docker/build-push-action'))
  for (const step of ['attest-build-provenance', 'cosign sign', 'helm push']) {
    expect(at(step), step).toBeGreaterThan(at('docker/build-push-action'))
  }
})
