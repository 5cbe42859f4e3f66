// How much memory and time an archive for auditors takes, and whether one that is killed again and again ends whole.
// node bench/audit-export/run.mjs [--messages 1000000] [--per-commit 20] [--formats csv,jsonl] [--kills 3]   needs `npm run build`
import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { JetStreamEventStore } from '@beseda/event-log'
import { newId, partitionOf } from '@beseda/kernel'
import { setUpLog } from '@beseda/platform'
import { historyStream, historySubject } from '@beseda/proto'
import { GroupCreatedSchema, GroupKind, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { startNats } from '@beseda/testkit'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { report } from '../lib/report.mjs'

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    'per-commit': { type: 'string', default: '20' },
    formats: { type: 'string', default: 'csv,jsonl' },
    kills: { type: 'string', default: '3' },
  },
})
const messages = Number(values.messages)
const perCommit = Number(values['per-commit'])
const PARTITIONS = 4
const GROUPS = 200
/** MB; the same for ten times as many messages. */
const GOAL = 400
/** As `npm run admin` starts it. */
const BOUND = '--max-semi-space-size=8'
const TEXT = 'The samovar is on, and whoever comes late gets the last of the jam. '.repeat(3)
const MAIN = fileURLToPath(new URL('../../../tools/admin/main.mjs', import.meta.url))

const nats = await startNats({ config: 'production' })
const bus = await nats.connect('admin')
await setUpLog(bus, { partitions: PARTITIONS, replicas: 1 })
const store = await JetStreamEventStore.open(bus)
const groups = Array.from({ length: GROUPS }, newId)
const DAY = Date.UTC(2026, 0, 15)

/** @param {string} groupId @param {'group' | 'messages'} lane @param {any[]} bodies */
async function append(groupId, lane, bodies) {
  const p = partitionOf(groupId, PARTITIONS)
  const events = bodies.map((body) => ({ actorId: 'ann', body }))
  const commit = create(CommitSchema, { id: newId(), time: timestampFromMs(DAY), events })
  await store.append({ stream: historyStream(p), subject: historySubject(p, groupId, lane), commit })
}

/** @param {readonly (() => Promise<void>)[]} tasks */
async function sideBySide(tasks) {
  const queue = tasks.values()
  const worker = async () => {
    for (const task of queue) await task()
  }
  await Promise.all(Array.from({ length: 256 }, worker))
}

async function fill() {
  const value = { kind: GroupKind.GROUP, name: 'Chess', ownerId: 'ann', memberIds: ['ann', 'bob'] }
  const birth = { case: 'groupCreated', value: create(GroupCreatedSchema, value) }
  await sideBySide(groups.map((groupId) => () => append(groupId, 'group', [birth])))
  const post = () => create(MessagePostedSchema, { messageId: newId(), authorId: 'ann', text: TEXT })
  const commits = Array.from({ length: Math.ceil(messages / perCommit) }, (_, n) => () => {
    const bodies = Array.from({ length: perCommit }, () => ({ case: 'messagePosted', value: post() }))
    return append(groups[n % GROUPS] ?? '', 'messages', bodies)
  })
  await sideBySide(commits)
}

/** One process; the most memory that it held, MB. `killAfterMs`: its end, unless it ends before. */
async function run(/** @type {string} */ format, /** @type {string} */ out, killAfterMs = 0) {
  const { pass = '' } = nats.credentials('admin') ?? {}
  const env = {
    ...process.env,
    NATS_URL: nats.url,
    NATS_PASSWORD: pass,
    PARTITION_COUNT: String(PARTITIONS),
  }
  const options = ['--from', '2026-01-01', '--to', '2026-02-01', '--format', format, '--out', out]
  const began = performance.now()
  const child = spawn(process.execPath, [BOUND, MAIN, 'export', ...options], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  let peak = 0
  const look = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
  }, 100)
  const killing = killAfterMs > 0 ? setTimeout(() => child.kill('SIGKILL'), killAfterMs) : undefined
  const code = await new Promise((resolve) => child.once('exit', resolve))
  clearInterval(look)
  clearTimeout(killing)
  if (code !== 0 && killAfterMs === 0) throw new Error(`the export ended with ${code}`)
  return { peak, seconds: (performance.now() - began) / 1_000, whole: code === 0 }
}

/** Messages in the archive, and how many of them are there twice. */
async function found(/** @type {string} */ format, /** @type {string} */ folder) {
  const ids = new Set()
  let count = 0
  const files = await readdir(folder, { recursive: true })
  const note = (/** @type {string | undefined} */ id) => {
    if (!id) return
    count++
    ids.add(id)
  }
  for (const name of files) {
    if (format === 'eml') note(/-([0-9a-f-]{36})\.eml$/.exec(name)?.[1])
    else if (name.startsWith('messages-')) {
      const lines = createInterface({ input: createReadStream(join(folder, name)) })
      for await (const line of lines) {
        if (format === 'csv') note(/,message,/.test(line) ? line.split(',')[13] : undefined)
        else note(JSON.parse(line).message?.id)
      }
    }
  }
  return { count, twice: count - ids.size }
}

async function once(/** @type {string} */ format) {
  const folder = await mkdtemp(join(tmpdir(), 'beseda-audit-export-'))
  try {
    const whole = await run(format, join(folder, 'whole'))
    const killed = join(folder, 'killed')
    let kills = 0
    const share = (whole.seconds * 1_000) / (Number(values.kills) + 1)
    while (kills < Number(values.kills) && !(await run(format, killed, share)).whole) kills++
    if (kills === Number(values.kills)) await run(format, killed)
    const { count, twice } = await found(format, killed)
    const isGood = whole.peak <= GOAL && count === messages && twice === 0
    if (!isGood) process.exitCode = 1
    return [
      ...[
        format,
        String(messages),
        whole.seconds.toFixed(1),
        whole.peak.toFixed(0),
        `<= ${GOAL}${isGood ? '' : ' (!)'}`,
      ],
      ...[String(kills), String(messages - count), String(twice)],
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

try {
  await fill()
  const head = ['format', 'messages', 's', 'most memory, MB', 'goal', 'kills', 'lost', 'twice']
  const rows = []
  for (const format of values.formats.split(',')) rows.push(await once(format))
  await report(1, [head], async () => [rows])
} finally {
  await bus.close()
  await nats.stop()
}
