import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { JetStreamEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { Health, type RunningService, setUpLog } from '@beseda/platform'
import { accountSubject, historyStream, IDENTITY_STREAM } from '@beseda/proto'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { filesWith, reasonOf, TestSystem } from '@beseda/testkit'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { peopleOf } from './testing/people.js'

/** What an operator does (tools/admin, docs/operations.md), to real services on a real NATS with the permissions of production. */
const MAIN = fileURLToPath(new URL('../tools/admin/main.mjs', import.meta.url))
const SERVICES = [identityService, groupService, membershipService]

// Each command is a process of its own, which takes its time on a busy machine.

let system: TestSystem
const running: RunningService[] = []
let folder: string
beforeAll(async () => {
  system = await TestSystem.start()
  folder = await mkdtemp(join(tmpdir(), 'beseda-backups-'))
  await start()
})
afterAll(async () => {
  await stop()
  await system?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})
const { person, group, say, texts } = peopleOf(() => system)

async function start(): Promise<void> {
  for (const definition of SERVICES) running.push(await system.run(definition))
}
async function stop(): Promise<void> {
  for (const service of running.splice(0).reverse()) await service.stop()
}

/** The command as an operator would give it; its output. Rejects when it fails. */
const admin = Object.assign(async (...args: string[]): Promise<string> => (await begin(args)).stdout, {
  /** SIGKILL in the first moment in which this is so. */
  async killedWhen(isSo: () => boolean, ...args: string[]): Promise<void> {
    const running = begin(args)
    const look = setInterval(() => isSo() && running.child.kill('SIGKILL'), 1)
    await running.finally(() => clearInterval(look))
  },
})
function begin(args: readonly string[]) {
  const credentials = system.nats.credentials('admin')
  const env = { NATS_URL: system.nats.url, NATS_PASSWORD: credentials?.pass ?? '', PARTITION_COUNT: '2' }
  const options = { env: { ...process.env, ...env }, maxBuffer: 1 << 26 }
  return promisify(execFile)(process.execPath, [MAIN, ...args], options)
}
const madeBy = (output: string): string => /backed up into (.*)/.exec(output)?.[1] ?? ''

/** The commands of a page for operators: those below `lead` in a section of docs/operations.md. */
function commandsOf(section: string, lead: string): string[] {
  const page = readFileSync(new URL('../docs/operations.md', import.meta.url), 'utf8')
  const text = page.split(/^##+ /m).find((part) => part.startsWith(`${section}\n`)) ?? ''
  const [, block = ''] = /```sh\n([\s\S]*?)```/.exec(text.slice(text.indexOf(lead))) ?? []
  return block.trim().split('\n')
}

/** Does what a command of the page does on one host, here; `backup` stands for the one that the page names. */
async function perform(command: string, backup: string): Promise<void> {
  const [, what = ''] = /^docker compose -f deploy\/compose\/compose\.yaml (.*)$/.exec(command) ?? []
  const [, operators] = /^run --rm setup tools\/admin\/main\.mjs (.*)$/.exec(what) ?? []
  if (what === 'stop') await stop()
  else if (operators) await admin(...operators.split(' ').map((word) => (word.startsWith('/backups/') ? backup : word)))
  else if (what === 'up -d') {
    // What the services wait for there.
    await withBus((_, __, bus) => setUpLog(bus, { partitions: 2, replicas: 1 }))
    await start()
  } else if (what !== 'up -d nats') throw new Error(`the drill does not know "${command}"`)
}

async function withBus<T>(
  look: (
    store: JetStreamEventStore,
    manager: Awaited<ReturnType<typeof jetstreamManager>>,
    bus: NatsConnection,
  ) => Promise<T>,
) {
  const bus = await system.nats.connect('admin')
  try {
    return await look(await JetStreamEventStore.open(bus), await jetstreamManager(bus), bus)
  } finally {
    await bus.close()
  }
}
const createdAt = async (backup: string) =>
  (JSON.parse(await readFile(join(backup, 'manifest.json'), 'utf8')) as { createdAt: string }).createdAt
const everyStream = () =>
  withBus(async (_, manager) => {
    const names: string[] = []
    for await (const name of manager.streams.names()) names.push(name)
    return names
  })

test('a backup brings everything back: accounts, groups, messages, under a new epoch', async () => {
  const [ann, bob] = [await person('Ann'), await person('Bob')]
  const groupId = await group(ann, [bob])
  for (const text of ['one', 'two', 'three']) await say(ann, groupId, text)
  const backup = madeBy(await admin('backup', folder))
  expect(await admin('verify', backup)).toContain('is whole')
  // A scrape tells what was asked by the one before.
  const told = async () => {
    const texts = await Promise.all(running.map(({ platform }) => platform.metrics.metrics()))
    const at = /backup_timestamp_seconds\{stream="IDENTITY"\} (\S+)/.exec(texts.join('\n'))?.[1]
    return Number(at) * 1000
  }
  await expect.poll(told).toBe(Date.parse(await createdAt(backup)))
  await say(bob, groupId, 'after the backup')
  const epoch = () => withBus(async (store) => (await store.info(historyStream(0))).epoch)
  const before = await epoch()

  await expect(admin('restore', backup, '--replace')).rejects.toThrow('running: group, identity, membership.')
  const lost = await everyStream()
  const steps = commandsOf('Restore', 'One host:')
  expect(steps.length).toBeGreaterThan(2)
  for (const step of steps) await perform(step, backup)
  expect(new Set(await everyStream())).toEqual(new Set(lost))
  expect(await epoch()).not.toBe(before)

  expect(await texts(bob, groupId)).toEqual(['one', 'two', 'three'])
  const { users } = await ann.identity.getUsers({ userIds: [bob.id] })
  expect(users.map(({ displayName }) => displayName)).toEqual(['Bob'])
  await say(bob, groupId, 'and it goes on')
  expect(await texts(ann, groupId)).toContain('and it goes on')
})

test('a log that holds messages is not replaced unless that is asked for', async () => {
  const backup = madeBy(await admin('backup', folder))
  const ann = await person('Ann')
  const groupId = await group(ann)
  await say(ann, groupId, 'after the backup')
  await stop()
  await expect(admin('restore', backup)).rejects.toThrow('This installation has a log')
  await start()
  expect(await texts(ann, groupId)).toEqual(['after the backup'])
})

test('a damaged backup is not restored, an unfinished one is none, and only the newest are kept', async () => {
  const backup = madeBy(await admin('backup', folder))
  const file = join(backup, `${IDENTITY_STREAM}.snapshot`)
  const bytes = await readFile(file)
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
  await writeFile(file, bytes)
  await expect(admin('verify', backup)).rejects.toThrow('is damaged')
  await expect(admin('restore', backup)).rejects.toThrow('is damaged')
  await rm(join(backup, 'manifest.json'))
  await expect(admin('verify', backup)).rejects.toThrow('is not a backup')

  const kept = await mkdtemp(join(folder, 'kept-'))
  for (let i = 0; i < 2; i++) await admin('backup', kept, '--keep', '1')
  const names = await readdir(kept)
  expect(names).toHaveLength(1)
  expect(names.filter((name) => name.endsWith('.partial'))).toEqual([])
})

test('a person is erased by name: no account, no name, nothing of theirs in the log or on the disk', async () => {
  const [ann, bob] = [await person('Ann'), await person('To Be Forgotten')]
  const groupId = await group(ann, [bob])
  await say(bob, groupId, 'a word that nobody may find again: pomegranatine')
  const { id: messageId } = await say(bob, groupId, 'worth passing on')
  const elsewhere = await group(ann)
  await ann.groups.postMessage({ messageId: newId(), groupId: elsewhere, forward: { groupId, messageId } })
  const { users } = await ann.identity.getUsers({ userIds: [bob.id] })
  const username = users[0]?.username ?? ''
  expect(await admin('erase-person', username)).toContain(bob.id)
  expect(await reasonOf(bob.identity.getMe({}))).not.toBe('accepted')
  const remains = () =>
    withBus(async (store) => {
      const streams = [IDENTITY_STREAM, historyStream(0), historyStream(1)]
      const pages = await Promise.all(streams.map((stream) => store.read(stream, { afterSeq: 0, limit: 10_000 })))
      const text = pages
        .flat()
        .map(({ bytes }) => Buffer.from(bytes).toString('utf8'))
        .join('\n')
      return ['To Be Forgotten', 'nobody may find again'].filter((words) => text.includes(words))
    })
  await expect.poll(remains).toEqual([])
  const onDisk = async () => {
    await Promise.all(running.map(({ platform }) => platform.views.eraseLeftovers()))
    const words = ['To Be Forgotten', 'nobody may find again', 'pomegranatin', username]
    return [...(await filesWith(system.folder, words)), ...(await filesWith(system.nats.folder, words))]
  }
  await expect.poll(onDisk).toEqual([])
  const last = await withBus((store) => store.last(IDENTITY_STREAM, accountSubject(bob.id)))
  expect(last?.commit.events.map(({ body }) => body.case)).toEqual(['accountDeleted'])
  await expect(admin('erase-person', 'nobody-of-this-name')).rejects.toThrow()
  // A copy belongs to who forwarded it; whose words they were is told by an id that has no name any more.
  const copy = (await ann.groups.listMessages({ groupId: elsewhere })).messages[0]
  expect(copy).toMatchObject({ text: 'worth passing on', forwarded: { authorId: bob.id, authorName: '' } })
})

test('somebody is made an administrator by command', async () => {
  const [, bob] = [await person('Ann'), await person('Bob')]
  const me = async () => (await bob.identity.getMe({})).me
  expect((await me())?.administrator).toBe(false)
  expect(await admin('appoint', (await me())?.user?.username ?? '')).toContain(bob.id)
  expect((await me())?.administrator).toBe(true)
  await expect(admin('appoint', 'nobody-of-this-name')).rejects.toThrow('USER_NOT_FOUND')
})

test('a group is exported whole, as lines and as a page, without anybody’s password', async () => {
  const [ann, bob] = [await person('Ann'), await person('Bob')]
  const groupId = await group(ann, [bob])
  for (let i = 0; i < 120; i++) await say(i % 2 === 0 ? ann : bob, groupId, `message ${i}`)
  const lines = (await admin('export-group', groupId))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  const exported = JSON.stringify(lines)
  for (let i = 0; i < 120; i++) expect(exported).toContain(`"message ${i}"`)
  const out = join(folder, 'group.html')
  await admin('export-group', groupId, '--format', 'html', '--out', out)
  expect(await readFile(out, 'utf8')).toContain('message 119')
  await expect(admin('export-group', newId())).rejects.toThrow('There is no group')
})

test('auditors get what was said, with files and hashes; what was deleted is there as a fact alone', async () => {
  const [ann, bob] = [await person('Ann'), await person('Bob')]
  const groupId = await group(ann, [bob])
  await say(ann, groupId, 'kept for the auditors')
  const { id: messageId } = await say(bob, groupId, 'regretted at once')
  await bob.groups.deleteMessage({ commandId: newId(), groupId, messageId })
  const from = new Date(Date.now() - 3_600_000).toISOString()
  const to = new Date().toISOString()
  const terms = ['export', '--from', from, '--to', to, '--groups', groupId]
  const exported = async (format: string) => {
    const out = join(folder, `audit-${format}`)
    const said = await admin(...terms, '--format', format, '--out', out)
    const names = (await readdir(out, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    const files = names.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8'))
    expect(said).toContain('sha256 of its manifest.json')
    return (await Promise.all(files)).join('\n')
  }
  for (const format of ['csv', 'jsonl', 'eml']) {
    const text = await exported(format)
    expect(text).toContain('kept for the auditors')
    expect(text).not.toContain('regretted')
    expect(text).toContain(messageId)
  }
  // Killed when it has begun to read, and given again.
  const killed = join(folder, 'audit-killed')
  await expect(
    admin.killedWhen(() => existsSync(join(killed, 'work.sqlite')), ...terms, '--out', killed),
  ).rejects.toThrow()
  await admin(...terms, '--out', killed)
  const table = (out: string) => readFile(join(out, 'messages-00001.csv'), 'utf8')
  expect(await table(killed)).toBe(await table(join(folder, 'audit-csv')))
  expect(await readdir(killed)).not.toContain('work.sqlite')

  const unknown = ['--groups', newId(), '--out', join(folder, 'audit-nobody')]
  await expect(admin('export', '--from', from, '--to', to, ...unknown)).rejects.toThrow('There is no group')
})

/** The failing checks in the moment in which a process adds `check`. */
function unreadyWhenAdded(check: string): Promise<readonly string[]> {
  const { addReadiness } = Health.prototype
  const added = Promise.withResolvers<readonly string[]>()
  const spy = vi.spyOn(Health.prototype, 'addReadiness').mockImplementation(function (this: Health, name, holds) {
    addReadiness.call(this, name, holds)
    if (name === check) added.resolve(this.unready())
  })
  onTestFinished(() => spy.mockRestore())
  return added.promise
}

test('a view that is lost is built again from the log; until then its service is not ready', async () => {
  const [ann, bob] = [await person('Ann'), await person('Bob')]
  const groupId = await group(ann, [bob])
  for (let i = 0; i < 20; i++) await say(ann, groupId, `kept ${i}`)
  const before = await texts(bob, groupId)
  await stop()
  // Each start of the test system has an empty folder: every view is lost.
  await start()
  expect(await texts(bob, groupId)).toEqual(before)
  const atFirst = unreadyWhenAdded('view history')
  const replica = await system.run(groupService)
  running.push(replica)
  expect(await atFirst).toContain('view history')
  expect(await replica.platform.health.unready()).toEqual([])
})

test('after a new epoch the old cursors mean nothing, and what was said is still there', async () => {
  const [ann, bob] = [await person('Ann'), await person('Bob')]
  const groupId = await group(ann, [bob])
  await say(ann, groupId, 'before')
  const epochs = () =>
    withBus(async (store) =>
      Promise.all([historyStream(0), historyStream(1)].map(async (name) => (await store.info(name)).epoch)),
    )
  const before = await epochs()
  await stop()
  await admin('new-epoch')
  const after = await epochs()
  expect(after.filter((epoch) => before.includes(epoch))).toEqual([])
  await start()
  expect(await texts(bob, groupId)).toEqual(['before'])
  expect(await reasonOf(system.client(IdentityService, { userId: ann.id }).getMe({}))).toBe('accepted')
})
