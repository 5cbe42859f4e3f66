// npm run admin -- <command>: maintenance of a running installation by its operator. Connects as NATS user `admin` (NATS_URL, NATS_PASSWORD).
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { prepareTopic } from '@beseda/export/topic-command'
import { connectNats, partitionsOfLog, readConfig } from '@beseda/platform'
import { backUp, streamNames, verify } from './backup.mjs'
import { newEpoch } from './epoch.mjs'
import { exportGroup } from './groups.mjs'
import { appoint, erasePerson } from './people.mjs'
import { restoreAll } from './restore.mjs'
import { rewrite, streamsOfNewest } from './rewrite.mjs'
import { assertStopped } from './running.mjs'

const USAGE = `usage: admin <command>

  backup <folder> [--keep 7]       writes every stream to a new subfolder; keeps the newest
  verify <backup>                  checks that no file of the backup has changed
  restore <backup> [--replicas 3] [--partitions 16] [--replace]
                                   makes the log of the backup; stop everything but NATS first. Without options:
                                   STREAM_REPLICAS and PARTITION_COUNT if set, else as in the backup.
                                   --replace deletes the messages that are there
  new-epoch                        views are rebuilt, clients fetch everything again; stop the services first
  rewrite                          replaced values leave the disk; back up and stop the services first
  erase-person <user name>         like deleting the account oneself
  appoint <user name>              makes this person an administrator of the installation
  export-group <group id> [--format jsonl|html] [--out file]
  kafka-topic [--partitions 12] [--replicas 3]
                                   makes the topic of the export, or checks the one that is there (KAFKA_*)
  streams                          lists the streams of the log and their sizes

When to use each, and what to do before and after: docs/operations.md
`

const say = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)
const megabytes = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(1)} MB`

/** @typedef {{ keep?: string, replicas?: string, partitions?: string, replace?: boolean, format?: string, out?: string }} Options */
/** @type {Record<string, (nc: import('@nats-io/transport-node').NatsConnection, argument: string, options: Options, partitions: number) => Promise<void>>} */
const COMMANDS = {
  async backup(nc, folder, { keep }) {
    const made = await backUp(nc, folder, keep === undefined ? {} : { keep: Number(keep) })
    const { streams } = await verify(made)
    for (const { name, bytes, state } of streams)
      say(`${name.padEnd(16)} ${String(state.messages).padStart(10)} messages ${megabytes(bytes).padStart(12)}`)
    say(`backed up into ${made}`)
  },
  async restore(nc, folder, { replicas, partitions, replace = false }) {
    const counts = {
      replicas: count('--replicas', replicas ?? process.env.STREAM_REPLICAS, 5),
      partitions: count('--partitions', partitions ?? process.env.PARTITION_COUNT, 1024),
    }
    const names = await restoreAll(nc, folder, { ...counts, replace })
    say(`restored ${names.join(', ')}`)
  },
  async 'new-epoch'(nc) {
    await newEpoch(nc, await streamNames(nc))
    say('the log has a new epoch: start the services')
  },
  async rewrite(nc) {
    await assertStopped(nc)
    for (const name of await streamsOfNewest(nc)) say(`${name.padEnd(16)} ${await rewrite(nc, name)} messages`)
    say('start the services')
  },
  async 'erase-person'(nc, username, _, partitions) {
    say(`erased ${username} (${await erasePerson(nc, username, partitions)})`)
  },
  async appoint(nc, username, _, partitions) {
    say(`${username} is an administrator now (${await appoint(nc, username, partitions)})`)
  },
  async 'export-group'(nc, groupId, { format = 'jsonl', out }, partitions) {
    if (format !== 'jsonl' && format !== 'html') throw new Error(`--format is jsonl or html, not "${format}".`)
    const pieces = Readable.from(exportGroup(nc, groupId, partitions, format))
    await pipeline(pieces, out === undefined ? process.stdout : createWriteStream(out, { mode: 0o600 }))
  },
  async streams(nc) {
    for (const name of await streamNames(nc)) say(name)
  },
}
/** Errors: a sentence. @param {string} name @param {string | undefined} text @param {number} max */
function count(name, text, max) {
  if (!text) return undefined
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new Error(`${name} is a whole number from 1 to ${max}.`)
  return value
}

const WITHOUT_ARGUMENT = ['new-epoch', 'rewrite', 'streams']

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      keep: { type: 'string' },
      replicas: { type: 'string' },
      partitions: { type: 'string' },
      replace: { type: 'boolean' },
      format: { type: 'string' },
      out: { type: 'string' },
    },
  })
  const [name = '', argument] = positionals
  if (name === 'verify' && argument) {
    const { createdAt, streams } = await verify(argument)
    say(`${argument} of ${createdAt} is whole: ${streams.length} streams`)
    return
  }
  if (name === 'kafka-topic') {
    say(await prepareTopic(process.env, values))
    return
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command || (argument === undefined && !WITHOUT_ARGUMENT.includes(name))) throw new Error(USAGE)
  const config = readConfig('admin', process.env)
  const nc = await connectNats({ ...config, natsUser: config.natsUser ?? 'admin' })
  try {
    // What the log says holds, whatever is set here.
    await command(nc, argument ?? '', values, (await partitionsOfLog(nc)) ?? config.partitionCount)
  } finally {
    await nc.close()
  }
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${/** @type {Error} */ (error).message}\n`)
  process.exitCode = 1
}
