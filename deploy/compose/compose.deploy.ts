import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { accepts, type Device, Person } from '@beseda/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT } from '../../tools/lib/root.mjs'
import { TurnClient } from '../coturn/turn-client.js'
import { Docker } from '../testing/docker.js'
import { makeStandIns } from '../testing/stand-ins.js'

/** One installation by the commands of docs/operations.md, in a fresh checkout, on a real engine; the tests are its days in order. */
const COMPOSE = ['compose', '-f', 'deploy/compose/compose.yaml']
const URL = 'https://localhost'
/** The public ports of Compose. */
const PORTS = [80, 443, 3478]

let docker: Docker
let checkout: string
/** Why nothing of this runs here. */
let impossible: string | undefined

/** Starts an engine and makes a checkout; returns why that cannot be. */
async function prepare(): Promise<string | undefined> {
  for (const port of PORTS) if (await accepts(port)) return `port ${port}, which Compose wants, is taken`
  const started = await Docker.start()
  if (typeof started === 'string') return started
  docker = started
  checkout = await mkdtemp(join(tmpdir(), 'beseda-checkout-'))
  execFileSync('git', ['-c', 'safe.directory=*', 'clone', '--quiet', ROOT, checkout])
  execFileSync('sh', ['deploy/compose/secrets.sh', 'localhost'], { cwd: checkout })
  appendFileSync(join(checkout, 'deploy/compose/.env'), 'REGISTRATION=open\n')
  const images = new Set((await compose('config', '--images')).split('\n'))
  await provideImages([...images].filter((image) => !image.startsWith('beseda:')))
  return undefined
}

async function provideImages(images: readonly string[]): Promise<void> {
  const pulled = await Promise.allSettled(images.map((image) => docker.run('pull', '-q', image)))
  if (pulled.every(({ status }) => status === 'fulfilled')) return
  process.stdout.write('  no registry answers: Debian’s programs stand in for the images of other projects\n')
  await makeStandIns(docker, images)
}

beforeAll(async () => {
  impossible = await prepare()
})
afterAll(async () => {
  if (checkout) await compose('down', '--volumes', '--timeout', '0').catch(() => {})
  await docker?.stop()
  if (checkout) await rm(checkout, { recursive: true, force: true })
})

/** Where the client of the engine has no BuildKit, the older builder of the engine takes the same file. */
const BUILDER = { DOCKER_BUILDKIT: '0' }
const compose = (...args: string[]): Promise<string> => docker.runIn(checkout, [...COMPOSE, ...args], BUILDER)

interface Listed {
  readonly Service: string
  readonly State: string
  readonly Health: string
  readonly ExitCode: number
}
const containers = async (): Promise<Listed[]> =>
  (await compose('ps', '--all', '--format', 'json')).split('\n').map((line) => JSON.parse(line) as Listed)
const unhealthy = async (): Promise<string[]> =>
  (await containers())
    .filter(({ Service, Health, ExitCode }) => (Service === 'setup' ? ExitCode !== 0 : Health !== 'healthy'))
    .map(({ Service, State, Health }) => `${Service}: ${State} ${Health}`)

let ann: Person
let bob: Person
let device: Device
let groupId: string
const says = (text: string) => ann.groups.postMessage({ messageId: newId(), groupId, text })
const texts = async () =>
  (await bob.groups.listMessages({ groupId })).messages.map(({ text }) => text).filter((text) => text !== '')

const day = (what: string, live: () => Promise<void>) =>
  test(what, async (context) => {
    context.skip(impossible !== undefined, impossible)
    await live()
  })

day('`up --build -d` in a fresh checkout: all is healthy, and two people write, share a file and call', async () => {
  await compose('up', '--build', '-d')
  await expect.poll(unhealthy).toEqual([])
  // Whoever opens the page trusts Caddy's own authority, as a person who takes its certificate does.
  const authority = await compose('exec', '-T', 'caddy', 'cat', '/data/caddy/pki/authorities/local/root.crt')
  setDefaultCACertificates([...getCACertificates(), authority])
  expect(await (await fetch(URL)).text()).toContain('<title>Beseda</title>')

  ann = await Person.register(URL, 'Ann')
  bob = await Person.register(URL, 'Bob')
  device = await bob.connect()
  const { group } = await ann.groups.createGroup({
    commandId: newId(),
    kind: GroupKind.GROUP,
    name: 'From Compose',
    memberIds: [bob.userId],
  })
  groupId = group?.id ?? ''
  await says('the first day')
  expect(await device.sees(groupId, 1)).toEqual(['the first day'])

  const bearer = (person: Person) => ({ authorization: `Bearer ${person.tokens.accessToken}` })
  const body = 'a file in a volume'
  const sent = await fetch(`${URL}/api/files?name=note.txt`, { method: 'POST', headers: bearer(ann), body })
  const { id } = (await sent.json()) as { id: string }
  await ann.groups.postMessage({ messageId: newId(), groupId, attachments: [{ fileId: id }] })
  await expect.poll(async () => (await fetch(`${URL}/api/files/${id}`, { headers: bearer(bob) })).text()).toBe(body)

  const { call } = await ann.calls.startCall({ callId: newId(), groupId })
  const joined = await bob.calls.joinCall({ callId: call?.id ?? '', groupId })
  expect(joined.call?.participants.map(({ userId }) => userId).sort()).toEqual([ann.userId, bob.userId].sort())
  const [relay] = (await bob.calls.getIceServers({})).iceServers
  const turn = await TurnClient.udp(3478, { username: relay?.username ?? '', credential: relay?.credential ?? '' })
  expect(await turn.allocate()).toMatchObject({ error: 0 })
  turn.close()
})

day('every process of ours runs without root, without rights, and cannot change its own files', async () => {
  const ours = (await containers()).map(({ Service }) => Service).filter((name) => !OTHERS.includes(name))
  expect(ours).toEqual(expect.arrayContaining(['gateway', 'group', 'identity']))
  for (const name of ours) {
    const status = await compose('exec', '-T', name, 'cat', '/proc/1/status')
    const of = (what: string) => new RegExp(`^${what}:\\s+(\\S+)`, 'm').exec(status)?.[1]
    expect([name, of('Uid'), of('CapEff'), of('CapBnd'), of('NoNewPrivs'), of('Seccomp')]).toEqual([
      name,
      '10001',
      '0000000000000000',
      '0000000000000000',
      '1',
      '2',
    ])
    await expect(compose('exec', '-T', name, 'touch', '/app/changed')).rejects.toThrow('Read-only file system')
  }
})
const OTHERS = ['setup', 'nats', 'redis', 'caddy', 'coturn']

day('backed up, and restored by the page: what was there is there, and what came later is gone', async () => {
  const said = await compose('run', '--rm', 'setup', 'tools/admin/main.mjs', 'backup', '/backups')
  const [, backup = ''] = /backed up into (\/backups\/\S+)/.exec(said) ?? []
  await says('after the backup')
  await expect.poll(texts).toEqual(['the first day', 'after the backup'])

  await compose('stop')
  await compose('up', '-d', 'nats')
  await compose('run', '--rm', 'setup', 'tools/admin/main.mjs', 'restore', backup, '--replace')
  await compose('up', '-d')
  await expect.poll(unhealthy).toEqual([])
  await expect.poll(texts).toEqual(['the first day'])
  await says('restored')
  await expect.poll(texts).toEqual(['the first day', 'restored'])
})

day('another build, by the page’s upgrade: nothing is lost, and the new one writes on', async () => {
  const version = () => compose('exec', '-T', 'gateway', 'node', '-p', 'require("/app/package.json").version')
  const manifest = join(checkout, 'package.json')
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(await version(), '9.9.9'))
  await compose('up', '--build', '-d')
  await expect.poll(unhealthy).toEqual([])
  expect(await version()).toBe('9.9.9')
  await expect.poll(texts).toEqual(['the first day', 'restored'])
  await says('upgraded')
  await expect.poll(texts).toEqual(['the first day', 'restored', 'upgraded'])
})

day('stopped, all processes end by themselves; started again, all is there', async () => {
  await compose('stop')
  const forced = (await containers()).filter(({ ExitCode }) => ExitCode === 137).map(({ Service }) => Service)
  expect(forced).toEqual([])
  await compose('up', '-d')
  await expect.poll(unhealthy).toEqual([])
  await expect.poll(texts).toEqual(['the first day', 'restored', 'upgraded'])
})
