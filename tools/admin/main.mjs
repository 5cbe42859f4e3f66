// npm run admin -- <command>: maintenance of a running installation by its operator. Connects as NATS user `admin` (NATS_URL, NATS_PASSWORD).
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { discardArchive, exportArchive } from '@beseda/export/archive-command'
import { prepareTopic } from '@beseda/export/topic-command'
import { connectNats, partitionsOfLog, readConfig } from '@beseda/platform'
import { backUp, streamNames, verify } from './backup.mjs'
import { copyToBucket, fetchFromBucket, listBucket } from './bucket.mjs'
import { newEpoch } from './epoch.mjs'
import { exportGroup } from './groups.mjs'
import { rewriteHistories } from './histories.mjs'
import { appoint, erasePerson } from './people.mjs'
import { restoreAll } from './restore.mjs'
import { rewrite, streamsOfNewest } from './rewrite.mjs'
import { assertStopped } from './running.mjs'

const USAGE = `usage: admin <command>

  backup <folder> [--keep 7] [--to s3://bucket/prefix]
                                   writes every stream to a new subfolder, and copies that into a bucket
                                   (BACKUP_S3_*); keeps the newest, in both places
  backups s3://bucket/prefix       lists the backups in a bucket
  fetch s3://bucket/prefix/<backup> [--out folder]
                                   brings one back into a subfolder of /backups, or of another folder
  verify <backup>                  checks that no file of the backup has changed
  restore <backup> [--replicas 3] [--partitions 16] [--replace]
                                   makes the log of the backup; stop everything but NATS first. Without options:
                                   STREAM_REPLICAS and PARTITION_COUNT if set, else as in the backup.
                                   --replace deletes the messages that are there
  new-epoch                        views are rebuilt, clients fetch everything again; stop the services first
  rewrite                          replaced values leave the disk, and texts that deleted groups and accounts have left in the log;
                                   back up and stop the services first
  erase-person <user name>         like deleting the account oneself
  appoint <user name>              makes this person an administrator of the installation
  export --from 2026-01-01 --to 2026-02-01 [--format csv|jsonl|eml] [--groups id,id] [--out folder] [--with-held]
                                   what was said and who was there, for auditors; the same command goes on
                                   with one that was interrupted (FILES_S3_* as the gateway has them).
                                   --with-held: also deleted texts that a legal hold keeps
  discard-export <folder>          deletes an export that was begun and will not be finished
  export-group <group id> [--format jsonl|html] [--out file]
  kafka-topic [--partitions 12] [--replicas 3]
                                   makes the topic of the export, or checks the one that is there (KAFKA_*)
  streams                          lists the streams of the log and their sizes

When to use each, and what to do before and after: docs/operations.md
`

const say = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)
const megabytes = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(1)} MB`

/** @typedef {{ keep?: string, replicas?: string, partitions?: string, replace?: boolean, format?: string, out?: string, from?: string, to?: string, groups?: string, 'with-held'?: boolean }} Options */
/** @type {Record<string, (nc: import('@nats-io/transport-node').NatsConnection, argument: string, options: Options, partitions: number) => Promise<void>>} */
const COMMANDS = {
  async backup(nc, folder, options) {
    const keep = count('--keep', options.keep, 10_000)
    const { to } = options
    const copy = async (/** @type {string} */ made) =>
      to && say(`copied to ${await copyToBucket(made, to, { keep, env: process.env })}`)
    const made = await backUp(nc, folder, { keep, copy })
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
  async rewrite(nc, _, __, partitions) {
    await assertStopped(nc)
    for (const name of await streamsOfNewest(nc)) say(`${name.padEnd(16)} ${await rewrite(nc, name)} messages`)
    for await (const { name, emptied } of rewriteHistories(nc, partitions))
      say(`${name.padEnd(16)} ${emptied} commits without what deleted groups and accounts have left in them`)
    say('start the services')
  },
  async 'erase-person'(nc, username, _, partitions) {
    say(`erased ${username} (${await erasePerson(nc, username, partitions)})`)
  },
  async appoint(nc, username, _, partitions) {
    say(`${username} is an administrator now (${await appoint(nc, username, partitions)})`)
  },
  async export(nc, _, options, partitions) {
    say(await exportArchive(nc, process.env, options, partitions))
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

/** Commands that need no connection to NATS, and what they say. @type {Record<string, (argument: string, options: Options) => Promise<string[]>>} */
const WITHOUT_LOG = {
  async verify(folder) {
    const { createdAt, streams } = await verify(folder)
    return [`${folder} of ${createdAt} is whole: ${streams.length} streams`]
  },
  backups: (address) => listBucket(address, process.env),
  async fetch(address, { out = '/backups' }) {
    return [`fetched into ${await fetchFromBucket(address, out, process.env)}`]
  },
  async 'discard-export'(folder) {
    return [await discardArchive(folder)]
  },
  async 'kafka-topic'(_, options) {
    return [await prepareTopic(process.env, options)]
  },
}

const WITHOUT_ARGUMENT = ['new-epoch', 'rewrite', 'export', 'streams']

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      keep: { type: 'string' },
      to: { type: 'string' },
      replicas: { type: 'string' },
      partitions: { type: 'string' },
      replace: { type: 'boolean' },
      format: { type: 'string' },
      out: { type: 'string' },
      from: { type: 'string' },
      groups: { type: 'string' },
      'with-held': { type: 'boolean' },
    },
  })
  const [name = '', argument] = positionals
  if (Object.hasOwn(WITHOUT_LOG, name) && (argument !== undefined || name === 'kafka-topic')) {
    for (const line of (await WITHOUT_LOG[name]?.(argument ?? '', values)) ?? []) say(line)
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
