import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSfuNodes } from '@beseda/platform'
import { afterAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { documentedVariables } from '../../docs/testing/configuration.js'
import { provideServer } from '../../tools/provision/index.mjs'
import { SERVICES } from '../../tools/start/plan.mjs'
import { KEY_FILES, KEY_VARIABLES, keysReadBy } from '../testing/keys.js'

interface Service {
  readonly image: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly networks?: readonly string[]
  readonly ports?: readonly string[]
  readonly profiles?: readonly string[]
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
const SERVERS = ['nats', 'redis', 'coturn', 'caddy', 'sfu', 'prometheus', 'grafana']
const PROCESSES = [...SERVICES, 'gateway']
const folder = mkdtempSync(join(tmpdir(), 'beseda-compose-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Files of the folder `keys` that one part alone has. */
const OWN_KEYS: Readonly<Record<string, readonly string[]>> = { call: ['sfu.hex'], sfu: ['sfu-keys.yaml'] }

/** The files that secrets.sh creates, in a temporary folder. */
function makeSecrets(): Map<string, string> {
  copyFileSync(here('secrets.sh'), join(folder, 'secrets.sh'))
  execFileSync('sh', [join(folder, 'secrets.sh'), 'chat.example.org'], { stdio: 'pipe' })
  const lines = readFileSync(join(folder, '.env'), 'utf8').trim().split('\n')
  return new Map(lines.map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]))
}

test('has every process of the platform and everything it depends on', () => {
  expect(Object.keys(services)).toEqual(
    expect.arrayContaining([...PROCESSES, 'setup', 'nats', 'redis', 'caddy', 'coturn']),
  )
})

test('secrets.sh creates every required secret once, readable only by its owner', () => {
  const made = makeSecrets()
  const wanted = new Set([...text.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = '']) => name))
  expect(new Set(made.keys())).toEqual(wanted)
  expect(made.get('DOMAIN')).toBe('chat.example.org')
  expect(makeSecrets()).toEqual(made)
  for (const file of ['.env', 'keys/secret.hex', 'keys/signing-key.pem', 'keys/sfu.hex', 'keys/sfu-keys.yaml']) {
    expect(statSync(join(folder, file)).mode & 0o077, file).toBe(0)
  }
  expect(readFileSync(join(folder, 'keys/secret.hex'), 'utf8').trim()).toMatch(/^[0-9a-f]{64}$/)
})

test('secrets.sh adds what an older .env lacks, and changes nothing in it', () => {
  const before = makeSecrets()
  const older = [...before].filter(([name]) => name !== 'NATS_MAX_STORE').map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(join(folder, '.env'), older.join(''))
  const after = makeSecrets()
  expect(after.get('NATS_MAX_STORE')).toMatch(/^\d+KB$/)
  for (const [name, value] of before) if (name !== 'NATS_MAX_STORE') expect(after.get(name)).toBe(value)
})

test('the passwords match those of NATS', () => {
  const conf = readFileSync(here('../nats/nats.conf'), 'utf8')
  const users = new Set([...conf.matchAll(/\$(NATS_PASSWORD_[A-Z]+)/g)].map(([, name = '']) => name))
  const given = Object.keys(services.nats?.environment ?? {})
  expect(new Set(given.filter((name) => name.startsWith('NATS_PASSWORD_')))).toEqual(users)
  for (const [, name = ''] of conf.matchAll(/\$(NATS_[A-Z_]+)/g)) expect(given).toContain(name)
  for (const name of [...PROCESSES, 'setup']) {
    const { NATS_USER: user = '', NATS_PASSWORD: password } = services[name]?.environment ?? {}
    expect(password).toBe(`\${NATS_PASSWORD_${user.toUpperCase()}}`)
  }
})

test('TURN uses the ports that its configuration and the documents name', () => {
  const conf = readFileSync(here('../coturn/turnserver.conf'), 'utf8')
  const [, min] = /^min-port=(\d+)$/m.exec(conf) ?? []
  const [, max] = /^max-port=(\d+)$/m.exec(conf) ?? []
  const ranges = [
    '../../docs/operations.md',
    '../coturn/README.md',
    'compose.yaml',
    '../k8s/overlays/media/coturn.yaml',
  ]
    .map((path) => readFileSync(here(path), 'utf8'))
    .flatMap((page) => [...page.matchAll(/\b(49\d{3})[-–](\d{5})\b/g)].map(([, from, to]) => `${from}-${to}`))
  expect(ranges.length).toBeGreaterThan(3)
  expect(new Set(ranges)).toEqual(new Set([`${min}-${max}`]))
})

test('the SFU publishes the ports of its configuration, and shares its secret with the call service alone', () => {
  makeSecrets()
  const { port, rtc, room, key_file } = parse(readFileSync(here('../sfu/livekit.yaml'), 'utf8'))
  expect(services.sfu?.ports).toEqual([`${rtc.tcp_port}:${rtc.tcp_port}`, `${rtc.udp_port}:${rtc.udp_port}/udp`])
  expect(services.sfu?.healthcheck).toMatchObject({ test: expect.arrayContaining([`http://127.0.0.1:${port}/`]) })
  expect([room, rtc.use_external_ip]).toEqual([{ auto_create: false }, false])
  expect(services.sfu?.volumes?.some((volume) => volume.endsWith(`:${key_file}:ro`))).toBe(true)
  const secret = readFileSync(join(folder, 'keys/sfu.hex'), 'utf8').trim()
  expect(parse(readFileSync(join(folder, 'keys/sfu-keys.yaml'), 'utf8'))).toEqual({ beseda: secret })
  const [named = ''] = /SFU_NODES=[^\s`]+/.exec(readFileSync(here('../../docs/operations.md'), 'utf8')) ?? []
  const env = { SFU_NODES: named.slice('SFU_NODES='.length) }
  expect(readSfuNodes(env)).toEqual([{ url: 'wss://chat.example.org/sfu', inside: `http://sfu:${port}` }])
})

describe.each(each)('%s', (name, service) => {
  test('has a version, a memory limit and no unnecessary rights', () => {
    expect(service.image).toMatch(/:v?\d/)
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
    expect(service).toHaveProperty('mem_limit')
    expect(service).not.toHaveProperty('privileged')
    // Caddy listens below 1024; the file of coturn's program has it, and would not be started where it may not be had.
    expect(service.cap_add ?? []).toEqual(name === 'caddy' || name === 'coturn' ? ['NET_BIND_SERVICE'] : [])
  })

  test('has a health check and a restart policy', () => {
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
    if (SERVERS.includes(name)) return
    const known = documentedVariables()
    expect(Object.keys(service.environment ?? {}).filter((variable) => !known.has(variable))).toEqual([])
  })

  test('has the keys that it reads and no other', () => {
    const read = keysReadBy(name)
    const named = Object.keys(service.environment ?? {}).filter((variable) => KEY_VARIABLES.includes(variable))
    expect(named).toEqual(read.variables)
    const mounted = (service.volumes ?? []).flatMap((volume) => {
      const [, file] = /^\.\/keys\/?([^:]*):/.exec(volume) ?? []
      return file === undefined ? [] : file === '' ? KEY_FILES : [file]
    })
    expect(mounted).toEqual([...read.files, ...(OWN_KEYS[name] ?? [])])
  })

  test('is reachable from outside only on purpose', () => {
    const published = (service.ports ?? []).filter((port) => !port.startsWith('127.0.0.1:'))
    const open = published.length > 0 || service.network_mode === 'host'
    expect(open).toBe(['caddy', 'coturn', 'sfu'].includes(name))
  })
})

test('each process keeps its views in its own volume and runs an existing program', () => {
  for (const name of PROCESSES) {
    const program = services[name]?.command?.at(-1) ?? ''
    expect(existsSync(here(`../../${program.replace('/dist/', '/src/').replace(/\.js$/, '.ts')}`)), program).toBe(true)
    // Mail and captions keep nothing.
    if (!['gateway', 'mail', 'caption'].includes(name)) expect(services[name]?.volumes).toContain(`${name}:/data`)
  }
})

test('the gateway runs as in Kubernetes', () => {
  const [deployment] = parseAllDocuments(readFileSync(here('../k8s/base/gateway/deployment.yaml'), 'utf8'))
  expect(services.gateway?.command).toEqual(
    deployment?.toJS().spec.template.spec.containers.find(({ name }: { name: string }) => name === 'app').args,
  )
})

describe('monitoring', () => {
  const yaml = <T>(path: string) => parse(readFileSync(here(path), 'utf8')) as T
  /** The source in the repository of a path in a container. */
  const sourceOf = (service: string, path: string) =>
    services[service]?.volumes?.map((volume) => volume.split(':')).find(([, target]) => target === path)?.[0] ?? ''

  test('is behind a profile, as are the export, mail, captions and the SFU', () => {
    const chosen = each.filter(([, { profiles }]) => profiles !== undefined)
    expect(chosen.map(([name, { profiles }]) => [name, profiles])).toEqual([
      ['export', ['export']],
      ['mail', ['mail']],
      ['caption', ['captions']],
      ['sfu', ['sfu']],
      ['prometheus', ['monitoring']],
      ['grafana', ['monitoring']],
    ])
  })

  test('Prometheus accepts its configuration, scrapes every process and has the rules', async () => {
    const promtool = await provideServer('promtool')
    const file = fileURLToPath(here('prometheus.yml'))
    const said = execFileSync(promtool.command, [...promtool.args, 'check', 'config', file], { encoding: 'utf8' })
    expect(said).toContain('SUCCESS')
    type Config = {
      rule_files: string[]
      scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[]
    }
    const { rule_files, scrape_configs } = yaml<Config>('prometheus.yml')
    for (const name of PROCESSES) expect([name, services[name]?.environment?.HEALTH_HOST]).toEqual([name, '0.0.0.0'])
    const targets = scrape_configs.flatMap(({ static_configs }) => static_configs.flatMap((one) => one.targets))
    const wanted = PROCESSES.map((name) => `${name}:${services[name]?.environment?.HEALTH_PORT}`)
    expect(new Set(targets)).toEqual(new Set(wanted))
    expect(scrape_configs.map(({ job_name }) => job_name)).toEqual(['beseda'])
    expect(rule_files).toEqual(['/etc/prometheus/rules/*.yml'])
    expect(existsSync(here(`${sourceOf('prometheus', '/etc/prometheus/rules')}/beseda.yml`))).toBe(true)
  })

  test('Grafana queries Prometheus and has the dashboards', () => {
    type Sources = { datasources: { type: string; url: string; isDefault: boolean }[] }
    const { datasources } = yaml<Sources>('grafana/datasources.yml')
    expect(datasources).toMatchObject([{ type: 'prometheus', url: 'http://prometheus:9090', isDefault: true }])
    const { providers } = yaml<{ providers: { options: { path: string } }[] }>('grafana/dashboards.yml')
    for (const { options } of providers) {
      const folder = fileURLToPath(here(sourceOf('grafana', options.path)))
      expect(readdirSync(folder).filter((name) => name.endsWith('.json')).length).toBeGreaterThan(2)
    }
  })
})
