import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inRoot } from '../lib/root.mjs'
import { findHelm } from '../provision/helm.mjs'

const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, [inRoot('tools', 'release', 'dry-run.mjs'), ...args], { maxBuffer: 1 << 26 })

let out = ''
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'beseda-release-'))
})
afterAll(() => rm(out, { recursive: true, force: true }))

test('a dry run writes everything that a release publishes beside the image', async () => {
  const { version } = JSON.parse(await readFile(inRoot('package.json'), 'utf8')) as { version: string }
  await run('--tag', `v${version}`, '--out', out)
  const chart = (await findHelm()) ? [`beseda-${version}.tgz`] : []
  expect(new Set(await readdir(out))).toEqual(
    new Set(['notes.md', 'sbom.cdx.json', 'THIRD-PARTY-NOTICES.txt', ...chart]),
  )
  const sbom = JSON.parse(await readFile(join(out, 'sbom.cdx.json'), 'utf8')) as {
    metadata: { component: object }
    components: { name: string }[]
  }
  expect(sbom.metadata.component).toMatchObject({ name: 'beseda', version, type: 'application' })
  const names = sbom.components.map(({ name }) => name)
  // Two of them are also tools of another workspace.
  expect(names).toEqual(expect.arrayContaining(['uWebSockets.js', 'vue', 'sharp']))
  expect(names).not.toContain('vitest')
  const notices = await readFile(join(out, 'THIRD-PARTY-NOTICES.txt'), 'utf8')
  // sharp links libvips, which is LGPL.
  expect(notices).toMatch(/@img\/sharp-libvips\S* \S+ \(LGPL-3\.0-or-later\)\nIts source: https:/)
})

test('a tag that is not the version of the product is refused with a sentence', async () => {
  const refused = await run('--tag', 'v99.0.0', '--out', out).catch((error: { stderr: string }) => error)
  expect(refused.stderr).toMatch(/^The tag is v99\.0\.0, but the product says \S+ \(package\.json\)\.\n$/)
})
