import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inRoot } from '../lib/root.mjs'

const BIOME = inRoot('node_modules', '.bin', 'biome')

/** A separate folder with the rules of the repository and nothing else, so that its files are not in the repository. */
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boundaries-'))
  cpSync(inRoot('biome.json'), join(folder, 'biome.json'))
  cpSync(inRoot('tools', 'check', 'grit'), join(folder, 'tools', 'check', 'grit'), { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What `npm run check` reports for these files: the names of the broken rules. */
function refusals(files: Readonly<Record<string, string>>): string[] {
  for (const [file, source] of Object.entries(files)) {
    mkdirSync(join(folder, file, '..'), { recursive: true })
    writeFileSync(join(folder, file), source)
  }
  const args = ['lint', '--vcs-enabled=false', '--reporter=json', ...Object.keys(files)]
  const { stdout } = spawnSync(BIOME, args, { cwd: folder, encoding: 'utf8' })
  for (const file of Object.keys(files)) rmSync(join(folder, file))
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string; severity: string }[] }
  return diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ category }) => category.split('/').at(-1) ?? '')
}

const importing = (name: string) => `import { x } from '${name}'\nexport const y = x\n`
const IMPORT = 'noRestrictedImports'
const GLOBAL = 'noRestrictedGlobals'
const PLUGIN = 'plugin'

const domain = 'services/membership/src/domain/roster.ts'
const deepDomain = 'services/group/src/messages/domain/message.ts'
const application = 'services/membership/src/application/roster-commands.ts'
const deepApplication = 'services/group/src/messages/application/posting.ts'
const adapter = 'services/membership/src/adapters/views/roster-store.ts'
const gateway = 'gateway/src/ws/connection.ts'
const session = 'gateway/src/session/status.ts'

test.each([
  // Services import no other service.
  [adapter, '@beseda/group', IMPORT],
  [adapter, '../../../../group/src/groups/domain/group.js', IMPORT],
  [domain, '@beseda/identity', IMPORT],
  [application, '@beseda/notify', IMPORT],
  // The domain is pure.
  [domain, 'node:crypto', IMPORT],
  [domain, '@nestjs/common', IMPORT],
  [domain, '@connectrpc/connect', IMPORT],
  [domain, '../application/ports.js', IMPORT],
  [domain, '../adapters/views/roster-store.js', IMPORT],
  [deepDomain, 'ioredis', IMPORT],
  // The application depends on ports.
  [application, '../adapters/views/roster-store.js', IMPORT],
  [application, '@nats-io/nats-core', IMPORT],
  [application, 'ioredis', IMPORT],
  [application, 'node:sqlite', IMPORT],
  [application, '@connectrpc/connect', IMPORT],
  [application, '@nestjs/common', IMPORT],
  [application, 'node:https', IMPORT],
  [application, 'prom-client', IMPORT],
  [deepApplication, '../adapters/views/message-store.js', IMPORT],
  // Gateway and web import proto and libraries.
  [gateway, '@beseda/membership', IMPORT],
  [session, '@beseda/group', IMPORT],
  [session, 'uWebSockets.js', IMPORT],
  [session, '../ws/connection.js', IMPORT],
  ['web/src/stores/chat.ts', '@beseda/platform', IMPORT],
  ['web/src/net/rpc.ts', '@beseda/rpc', IMPORT],
  ['web/src/ui/feedback/Badge.ts', '@beseda/event-log', IMPORT],
  ['web/src/ui/feedback/Badge.ts', '../../stores/chat.js', IMPORT],
  ['web/src/ui/feedback/Badge.ts', '@/stores/chat', IMPORT],
  ['web/src/features/chat/message/menu.ts', '../../calls/store.js', IMPORT],
  ['web/src/features/chat/message/menu.ts', '@/features/calls/store', IMPORT],
  ['web/src/features/calls/store.ts', '../chat/list/anchor.js', IMPORT],
  // Dependencies between libraries point down.
  ['proto/src/subjects.ts', '@beseda/kernel', IMPORT],
  ['libs/kernel/src/ids.ts', '@beseda/event-log', IMPORT],
  ['libs/kernel/src/ids.ts', 'node:crypto', IMPORT],
  ['libs/rules/src/roster.ts', '@beseda/history', IMPORT],
  ['libs/client-protocol/src/lanes.ts', '@nats-io/nats-core', IMPORT],
  ['libs/async/src/every.ts', '@beseda/kernel', IMPORT],
  ['libs/event-log/src/port.ts', '@beseda/platform', IMPORT],
  ['libs/history/src/streams.ts', '@beseda/platform', IMPORT],
  ['libs/platform/src/nats.ts', '@beseda/testkit', IMPORT],
  ['libs/platform/src/nats.ts', '@beseda/sdk', IMPORT],
  ['libs/sdk/src/link.ts', '@beseda/rpc', IMPORT],
  ['libs/sdk/src/link.ts', 'node:crypto', IMPORT],
  ['libs/sdk/src/link.ts', '@connectrpc/connect', IMPORT],
])('%s may not import %s', (file, name, rule) => {
  expect(refusals({ [file]: importing(name) })).toEqual([rule])
})

const PURE_ROOMS = [
  domain,
  deepDomain,
  session,
  'libs/kernel/src/backoff.ts',
  'libs/rules/src/limits.ts',
  'libs/client-protocol/src/lanes.ts',
]

test.each([
  ['Date.now()', GLOBAL],
  ['Math.random()', PLUGIN],
  ['fetch("/")', GLOBAL],
  ['queueMicrotask(() => undefined)', GLOBAL],
  ['setTimeout(() => undefined, 1)', GLOBAL],
  ['process.env', GLOBAL],
  ['crypto.randomUUID()', GLOBAL],
  ['console', GLOBAL],
])('no pure folder has %s', (use, rule) => {
  for (const file of PURE_ROOMS) {
    expect(refusals({ [file]: `export const x = ${use}\n` }), file).toEqual([rule])
  }
})

test.each([
  '`SELECT name FROM member WHERE id = $' + '{id}`',
  '"INSERT OR REPLACE INTO member VALUES (?)"',
  '"UPDATE member SET role = 1"',
  "'DELETE FROM member'",
])('no application folder has the SQL %s', (sql) => {
  for (const file of [application, deepApplication]) {
    expect(refusals({ [file]: `export const q = (id: string) => ${sql} + id\n` }), file).toContain(PLUGIN)
  }
})

test.each([
  [application, 'fetch("/")'],
  [application, 'process.env'],
  ['libs/async/src/every.ts', 'fetch("/")'],
  ['libs/async/src/every.ts', 'process.env'],
  ['libs/async/src/every.ts', 'Date.now()'],
  ['libs/sdk/src/caller.ts', 'process.env'],
  ['libs/sdk/src/caller.ts', 'console'],
])('%s has no %s', (file, use) => {
  expect(refusals({ [file]: `export const x = ${use}\n` })).toEqual([GLOBAL])
})

test('two files may not import each other, not even types', () => {
  const files = {
    'libs/async/src/one.ts': `import type { Two } from './two.js'\nexport interface One {\n  two: Two\n}\n`,
    'libs/async/src/two.ts': `import type { One } from './one.js'\nexport interface Two {\n  one: One\n}\n`,
  }
  expect(refusals(files)).toEqual(['noImportCycles', 'noImportCycles'])
})

test('allowed imports pass', () => {
  const allowed = {
    [domain]: importing('@beseda/rules') + "export const z = 'please select one from the list'\n",
    [application]: importing('../domain/roster.js'),
    [adapter]: importing('node:sqlite') + 'export const q = `SELECT 1`\n',
    [gateway]: importing('@beseda/client-protocol'),
    'web/src/features/chat/message/menu.ts': importing('@beseda/rules'),
    'web/src/features/conversation/header.ts': importing('../chat/message/menu.js'),
    'services/membership/src/domain/roster.spec.ts': importing('node:crypto'),
  }
  expect(refusals(allowed)).toEqual([])
})
