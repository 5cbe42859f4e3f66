import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { localUrl, planGateway, planLogSetup, planNats, planRedis, planService, SERVICES, servicesOf } from './plan.mjs'
import { PORTS } from './ports.mjs'

const program = (name: string) => ({ command: name, args: ['--first'], env: { LD_LIBRARY_PATH: `/lib/${name}` } })
const place = {
  ports: { ...PORTS, nats: 14222 },
  web: { port: 9000, host: '0.0.0.0' },
  programs: { nats: program('nats-server'), redis: program('redis-server'), gateway: program('loader') },
  data: {
    folder: '/d',
    logs: '/d/logs',
    nats: '/d/nats',
    redis: '/d/redis',
    views: '/d/views',
    signingKey: { identity: '/d/keys/identity.pem', call: '/d/keys/call.pem' },
    secret: '/d/keys/secret.hex',
    sfu: { secret: '/d/keys/sfu.hex', config: '/d/keys/sfu.json' },
    filesGb: 7,
    passwords: {
      admin: 'pa',
      identity: 'pi',
      group: 'pg',
      membership: 'pm',
      call: 'pc',
      presence: 'pp',
      notify: 'pn',
      preview: 'pr',
      export: 'px',
      mail: 'pl',
      caption: 'pt',
      gateway: 'pw',
    },
  },
}
const services = SERVICES.map((name) => planService(place, name))
const everything = [planNats(place), planRedis(place), planLogSetup(place), ...services, planGateway(place)]

describe('NATS', () => {
  it('listens on loopback only, keeps its log in the data folder, and gets the passwords from its environment', () => {
    const { args, env } = planNats(place)
    expect(args.join(' ')).toContain('--addr 127.0.0.1 --port 14222')
    expect(args.join(' ')).toContain('--store_dir /d/nats')
    expect(env).toMatchObject({
      NATS_PASSWORD_ADMIN: 'pa',
      NATS_PASSWORD_GATEWAY: 'pw',
      LD_LIBRARY_PATH: '/lib/nats-server',
    })
  })

  it('puts the arguments of the program first, as this host needs', () => {
    expect(planNats(place)).toMatchObject({ command: 'nats-server', args: expect.arrayContaining(['--first']) })
    expect(planNats(place).args[0]).toBe('--first')
  })
})

describe('without servers, but with Docker', () => {
  const inDocker = (command: string, image: string) => ({ command, args: [], env: {}, image })
  const programs = {
    ...place.programs,
    nats: inDocker('nats-server', 'nats:x'),
    redis: inDocker('redis-server', 'redis:x'),
  }

  it('NATS runs in a container: the same folders, passwords by name only, its port on loopback', () => {
    const { command, args, env } = planNats({ ...place, programs })
    const line = args.join(' ')
    expect(command).toBe('docker')
    expect(line).toMatch(/^run --rm --init --name beseda-nats-14222 /)
    expect(line).toContain('--publish 127.0.0.1:14222:14222')
    expect(line).toContain('--volume /d/nats:/d/nats')
    expect(line).toMatch(
      / nats:x nats-server --config \S+nats\.conf --store_dir \/d\/nats --addr 0\.0\.0\.0 --port 14222/,
    )
    expect(line).toContain('--env NATS_PASSWORD_ADMIN')
    expect(line).not.toContain('pa ')
    expect(env.NATS_PASSWORD_ADMIN).toBe('pa')
  })

  it('Redis, too', () => {
    expect(planRedis({ ...place, programs }).args.join(' ')).toContain(
      'redis:x redis-server --bind 0.0.0.0 --port 6379',
    )
  })
})

it('Redis listens on loopback and writes nothing', () => {
  const { args } = planRedis(place)
  expect(args.join(' ')).toContain('--bind 127.0.0.1 --port 6379')
  expect(args).toEqual(expect.arrayContaining(['--appendonly', 'no', '--save', '']))
})

describe('services', () => {
  it('each have their own user, password and health port', () => {
    const identities = services.map(({ env }) => [env.NATS_USER, env.NATS_PASSWORD, env.HEALTH_PORT])
    expect(identities).toEqual([
      ['identity', 'pi', '9101'],
      ['group', 'pg', '9102'],
      ['membership', 'pm', '9103'],
      ['call', 'pc', '9104'],
      ['presence', 'pp', '9105'],
      ['notify', 'pn', '9106'],
      ['preview', 'pr', '9107'],
      ['export', 'px', '9108'],
      ['mail', 'pl', '9109'],
      ['caption', 'pt', '9110'],
    ])
  })

  it('the export runs only where there is something to export to', () => {
    expect([servicesOf({}).includes('export'), servicesOf({ KAFKA_BROKERS: 'kafka:9092' }).includes('export')]).toEqual(
      [false, true],
    )
  })

  it('captions run only where there is an engine', () => {
    const engine = { CAPTION_URL: 'http://whisper:8000/' }
    expect([servicesOf({}).includes('caption'), servicesOf(engine).includes('caption')]).toEqual([false, true])
  })

  it('mail runs only where a server takes it, and only then people may have an address', () => {
    expect([servicesOf({}).includes('mail'), servicesOf({ SMTP_URL: 'smtp://mail' }).includes('mail')]).toEqual([
      false,
      true,
    ])
    const mailOf = (url: string) => {
      vi.stubEnv('SMTP_URL', url)
      return [planService(place, 'identity').env.MAIL, planService(place, 'notify').env.MAIL]
    }
    expect([...mailOf(''), ...mailOf('smtp://mail')]).toEqual([undefined, undefined, 'true', 'true'])
    vi.unstubAllEnvs()
    expect(planService(place, 'mail').env.PUBLIC_URL).toBe(planService(place, 'identity').env.PUBLIC_URL)
  })

  it('connect to NATS and Redis at their ports', () => {
    for (const { env } of services) {
      expect(env).toMatchObject({
        NATS_URL: 'nats://127.0.0.1:14222',
        REDIS_URL: 'redis://127.0.0.1:6379',
        DATA_DIR: '/d/views',
      })
    }
  })

  it('keep a bounded heap, whatever memory the host has, and few arenas for what is outside of it', () => {
    for (const { name, args, env } of services) {
      const [young, old] = name === 'group' ? [16, 1024] : [8, 512]
      expect(args.slice(0, 2)).toEqual([`--max-semi-space-size=${young}`, `--max-old-space-size=${old}`])
      expect(env.MALLOC_ARENA_MAX).toBe('2')
    }
  })

  it('get a signing key only if they sign', () => {
    const keys = Object.fromEntries(services.map(({ name, env }) => [name, env.SIGNING_KEY_FILE]))
    expect(keys).toEqual({
      identity: '/d/keys/identity.pem',
      group: undefined,
      membership: undefined,
      call: '/d/keys/call.pem',
      presence: undefined,
      notify: undefined,
      preview: undefined,
      export: undefined,
      mail: undefined,
      caption: undefined,
    })
  })
})

it('the gateway gets its address and the client’s folder, and holds no key', () => {
  const { command, args, env } = planGateway(place)
  expect([command, args[0]]).toEqual(['loader', '--first'])
  expect(env).toMatchObject({ PORT: '9000', HOST: '0.0.0.0', NATS_USER: 'gateway', HEALTH_PORT: '9100' })
  expect(env.WEB_DIR).toMatch(/web[\\/]dist$/)
  expect(env.FILES_MAX_GB).toBe('7')
  expect(env).not.toHaveProperty('SIGNING_KEY_FILE')
  expect(env).not.toHaveProperty('SECRET_FILE')
})

it('only NATS and the setup know the password of the admin', () => {
  const knowing = everything.filter(({ env }) => Object.values(env).includes('pa')).map(({ name }) => name)
  expect(knowing).toEqual(['nats', 'setup-log'])
})

it('the public URL is the operator’s, and localhost by default', () => {
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('PUBLIC_URL', '')
  expect(planService(place, 'identity').env).toMatchObject({ PUBLIC_URL: 'http://localhost:9000' })
  vi.stubEnv('PUBLIC_URL', 'https://chat.example.org')
  expect(planService(place, 'identity').env).toMatchObject({ PUBLIC_URL: 'https://chat.example.org' })
})

it('processes run from the bundles; in development from the modules of their packages, so that one can be restarted alone', () => {
  const codeOf = (from: typeof place & { modules?: boolean }) =>
    [planService(from, 'group'), planGateway(from), planLogSetup(from)].map(({ args }) => args.at(-1) ?? '')
  expect(codeOf(place)).toEqual([
    'dist/servers/group.js',
    'dist/servers/gateway.js',
    expect.stringMatching(/dist\/servers\/setup-log\.js$/),
  ])
  expect(codeOf({ ...place, modules: true })).toEqual([
    'services/group/dist/main.js',
    'gateway/dist/main.js',
    expect.stringMatching(/tools\/setup-log\.mjs$/),
  ])
})

it('stack traces refer to the sources, and only requested processes get a debugger port', () => {
  const inspected = { ...place, inspect: new Map([['group', 9230]]) }
  const args = [...SERVICES.map((name) => planService(inspected, name)), planGateway(inspected)].map(
    (plan) => plan.args,
  )
  for (const each of args) expect(each).toContain('--enable-source-maps')
  expect(args.filter((each) => each.some((arg) => arg.startsWith('--inspect')))).toEqual([
    expect.arrayContaining(['--inspect=127.0.0.1:9230', 'dist/servers/group.js']),
  ])
})

it.each([
  ['127.0.0.1', 'http://localhost:8080'],
  ['0.0.0.0', 'http://localhost:8080'],
  ['::', 'http://localhost:8080'],
  ['::1', 'http://localhost:8080'],
  ['192.0.2.7', 'http://192.0.2.7:8080'],
  ['2001:db8::7', 'http://[2001:db8::7]:8080'],
  ['fe80::7%eth0', 'http://[fe80::7]:8080'],
  ['chat.example.org', 'http://chat.example.org:8080'],
])('what listens on %s is found at %s', (host, url) => {
  expect(localUrl({ host, port: 8080 })).toBe(url)
  expect(URL.canParse(url)).toBe(true)
})
