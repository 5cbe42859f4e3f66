import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { documentedVariables } from '../../docs/testing/configuration.js'

interface Service {
  readonly image: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly networks?: readonly string[]
  readonly [option: string]: unknown
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, object>>
  readonly networks: Readonly<Record<string, object>>
}

const here = (path: string) => new URL(path, import.meta.url)
const text = readFileSync(here('compose.yaml'), 'utf8')
const { services, volumes, networks } = parse(text, { merge: true }) as Compose
const each = Object.entries(services)
const PROCESSES = ['identity', 'group', 'membership', 'call', 'presence', 'notify', 'preview', 'gateway']
const folder = mkdtempSync(join(tmpdir(), 'beseda-compose-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What secrets.sh makes, in a folder of its own. */
function makeSecrets(): Map<string, string> {
  copyFileSync(here('secrets.sh'), join(folder, 'secrets.sh'))
  execFileSync('sh', [join(folder, 'secrets.sh'), 'chat.example.org'], { stdio: 'pipe' })
  const lines = readFileSync(join(folder, '.env'), 'utf8').trim().split('\n')
  return new Map(lines.map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]))
}

test('has every process of the platform and all that it stands on', () => {
  expect(Object.keys(services)).toEqual(
    expect.arrayContaining([...PROCESSES, 'setup', 'nats', 'redis', 'caddy', 'coturn']),
  )
})

test('secrets.sh makes every secret that is asked for, once, and nobody else may read them', () => {
  const made = makeSecrets()
  const wanted = new Set([...text.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = '']) => name))
  expect(new Set(made.keys())).toEqual(wanted)
  expect(made.get('DOMAIN')).toBe('chat.example.org')
  expect(makeSecrets()).toEqual(made)
  for (const file of ['.env', 'keys/secret.hex', 'keys/signing-key.pem']) {
    expect(statSync(join(folder, file)).mode & 0o077, file).toBe(0)
  }
  expect(readFileSync(join(folder, 'keys/secret.hex'), 'utf8').trim()).toMatch(/^[0-9a-f]{64}$/)
})

test('passwords are the ones that NATS knows', () => {
  const conf = readFileSync(here('../nats/nats.conf'), 'utf8')
  const users = new Set([...conf.matchAll(/\$(NATS_PASSWORD_[A-Z]+)/g)].map(([, name = '']) => name))
  expect(new Set(Object.keys(services.nats?.environment ?? {}).filter((name) => name.startsWith('NATS_')))).toEqual(
    users,
  )
  for (const name of [...PROCESSES, 'setup']) {
    const { NATS_USER: user = '', NATS_PASSWORD: password } = services[name]?.environment ?? {}
    expect(password).toBe(`\${NATS_PASSWORD_${user.toUpperCase()}}`)
  }
})

describe.each(each)('%s', (name, service) => {
  test('has a version, a limit of memory and no right that it does not need', () => {
    expect(service.image).toMatch(/:\d/)
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
    expect(service).toHaveProperty('mem_limit')
    expect(service).not.toHaveProperty('privileged')
    expect(service.cap_add ?? []).toEqual(name === 'caddy' ? ['NET_BIND_SERVICE'] : [])
  })

  test('is watched, and started again', () => {
    expect(service).toHaveProperty('healthcheck')
    expect(service.restart).toBe(name === 'setup' ? 'on-failure' : 'unless-stopped')
  })

  test('refers only to what exists', () => {
    for (const other of Object.keys(service.depends_on ?? {})) expect(services).toHaveProperty([other])
    for (const network of service.networks ?? []) expect(networks).toHaveProperty([network])
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':')
      if (source.startsWith('.')) expect(source.startsWith('./keys') || existsSync(here(source)), source).toBe(true)
      else expect(volumes).toHaveProperty([source])
    }
    if (name === 'nats' || name === 'coturn' || name === 'caddy') return
    const known = documentedVariables()
    expect(Object.keys(service.environment ?? {}).filter((variable) => !known.has(variable))).toEqual([])
  })

  test('is reached from outside only where that is meant', () => {
    const open = 'ports' in service || service.network_mode === 'host'
    expect(open).toBe(name === 'caddy' || name === 'coturn')
  })
})

test('each process keeps its views in a volume of its own and runs a program that exists', () => {
  for (const name of PROCESSES) {
    const [program = ''] = services[name]?.command ?? []
    expect(existsSync(here(`../../${program.replace('/dist/', '/src/').replace(/\.js$/, '.ts')}`)), program).toBe(true)
    if (name !== 'gateway') expect(services[name]?.volumes).toContain(`${name}:/data`)
  }
})
