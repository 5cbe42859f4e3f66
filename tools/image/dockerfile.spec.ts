import { existsSync, globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { pinnedVersion } from '../lib/pinned-node.mjs'
import { inRoot, ROOT } from '../lib/root.mjs'
import { readDockerfile, stepsOf } from './dockerfile.mjs'

const [build, image] = readDockerfile()
const root = JSON.parse(readFileSync(inRoot('package.json'), 'utf8')) as { workspaces: string[] }

test('every workspace is copied before its dependencies are installed', () => {
  const copied = stepsOf(build, 'COPY').flatMap((value) => value.split(' ').slice(0, -1))
  const workspaces = root.workspaces.flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: inRoot() }))
  expect(copied).toEqual(expect.arrayContaining(['package.json', 'package-lock.json', '.', ...workspaces]))
  for (const path of copied) expect(existsSync(inRoot(path)), path).toBe(true)
})

test('what builds the image is what the lock file says, and no script of a package runs', () => {
  const installs = stepsOf(build, 'RUN').filter((step) => step.startsWith('npm '))
  expect(installs[0]).toMatch(/^npm ci /)
  for (const step of installs) expect(step).toContain('--ignore-scripts')
})

test('no copied file is ignored by .dockerignore', () => {
  const ignored = readFileSync(inRoot('.dockerignore'), 'utf8').split('\n').filter(Boolean)
  for (const path of ['web', 'gateway', 'proto', 'libs', 'services', 'tools', 'deploy'])
    expect(ignored).not.toContain(path)
  for (const secret of ['deploy/compose/.env', 'deploy/compose/keys', '.data', '.git'])
    expect(ignored).toContain(secret)
})

test('the image is Node of the pinned line on trixie, run by an unprivileged user who does not own the files', () => {
  const major = pinnedVersion(ROOT).split('.')[0]
  expect([build?.from, image?.from]).toEqual([`node:${major}-trixie-slim AS build`, `node:${major}-trixie-slim`])
  expect(stepsOf(image, 'USER')).toEqual(['10001:10001'])
  expect(stepsOf(image, 'COPY')).toEqual(['--from=build --chown=0:0 /image /app'])
  expect(stepsOf(image, 'RUN')).toEqual(['install -d -m 0700 -o 10001 -g 10001 /data /backups'])
  expect(stepsOf(image, 'ENTRYPOINT')).toEqual([
    '["node", "--enable-source-maps", "--import", "@beseda/platform/telemetry"]',
  ])
})

test('every folder in which a volume is mounted belongs to the user of the image', () => {
  const compose = parse(readFileSync(inRoot('deploy/compose/compose.yaml'), 'utf8'), { merge: true }) as {
    services: Record<string, { image: string; volumes?: string[] }>
  }
  const mounted = Object.values(compose.services)
    .filter((service) => service.image.startsWith('beseda:'))
    .flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')))
    .filter(([source]) => !source?.startsWith('.'))
    .map(([, target]) => target ?? '')
  const [owned = ''] = stepsOf(image, 'RUN').filter((step) => step.startsWith('install -d -m 0700 -o 10001 -g 10001 '))
  expect(new Set(mounted)).toEqual(new Set(owned.split(' ').filter((word) => word.startsWith('/'))))
})
