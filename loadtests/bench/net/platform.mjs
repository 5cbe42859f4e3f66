import { createHash } from 'node:crypto'
import { newId, partitionOf } from '@beseda/kernel'
import { fanSubject, historySubject } from '@beseda/proto'
import { ClientFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { Fleet } from '@beseda/testkit'
import { create, toBinary } from '@bufbuild/protobuf'
import { timestampNow } from '@bufbuild/protobuf/wkt'
import { headers } from '@nats-io/nats-core'
import { fillLog } from './bulk.mjs'

/** Groups that are stored at once. */
const TOGETHER = 64

/** The same ids in every run. @param {string} text */
const idOf = (text) => {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/**
 * A real platform with one of every process, and people who never registered: their tokens are signed with its key, and
 * the log says which groups they are in. `groupsOf(i)`: the groups of person i, by number. `kinds`: optional processes to run.
 * @param {{ people: number, groups: number, groupsOf(person: number): number[], gateways?: number, partitions?: number, env?: Record<string, string>, kinds?: import('@beseda/testkit').Kind[] }} options
 */
export async function platform({ people, groups, groupsOf, gateways = 1, partitions = 4, env = {}, kinds = [] }) {
  // PROFILE=group,gateway: each of these writes a CPU profile into the current folder when it ends (open it in Chrome's developer tools).
  const profiled = { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${process.cwd()}` }
  const fleet = await Fleet.start({
    kinds: ['identity', 'membership', 'presence', ...kinds, 'gateway'],
    envOf: (kind) => (process.env.PROFILE?.split(',').includes(kind) ? profiled : {}),
    busNodes: 1,
    replicas: 1,
    partitionCount: partitions,
    env: { LOG_LEVEL: 'error', ...env },
  })
  while (fleet.of('gateway').length < gateways) await fleet.scaleUp('gateway')
  const bus = await fleet.connectToBus()
  const users = Array.from({ length: people }, (_, i) => idOf(`user ${i}`))
  const groupIds = Array.from({ length: groups }, (_, i) => idOf(`group ${i}`))
  /** @type {string[][]} */
  const members = Array.from({ length: groups }, () => [])
  for (const [i, userId] of users.entries()) for (const group of groupsOf(i)) members[group]?.push(userId)

  /** Appends a commit as a service does, and returns its sequence. @param {number} group @param {'group' | 'messages'} lane @param {Uint8Array} bytes */
  const store = async (group, lane, bytes) => {
    const groupId = groupIds[group] ?? ''
    const subject = historySubject(partitionOf(groupId, partitions), groupId, lane)
    const { seq, error } = (await bus.request(subject, bytes, { timeout: 30_000 })).json()
    if (error) throw new Error(error.description)
    return seq
  }
  /** @param {object[]} events */
  const commitOf = (events) =>
    toBinary(CommitSchema, create(CommitSchema, { id: newId(), time: timestampNow(), events }))
  /** @param {number} group @param {'group' | 'messages'} lane @param {object[]} events */
  const append = (group, lane, events) => store(group, lane, commitOf(events))
  /** @param {string} actorId @param {object} body */
  const event = (actorId, body) => ({ commandId: newId(), actorId, version: 1, body })

  /** A message of the first person. @param {string} text */
  const posted = (text) => {
    const messageId = newId()
    const value = { messageId, authorId: users[0], text }
    return { ...event(users[0] ?? '', { case: 'messagePosted', value }), commandId: messageId }
  }
  /** Sequences of the last copies that were sent without a log. @type {Map<number, number>} */
  const copied = new Map()

  /** Sequences of the groups' first commits. @type {bigint[]} */
  const created = []
  for (let at = 0; at < groups; at += TOGETHER) {
    const some = members.slice(at, at + TOGETHER).map(async (memberIds, i) => {
      const ownerId = memberIds[0] ?? ''
      const value = { kind: GroupKind.CHANNEL, name: `Group ${at + i}`, ownerId, memberIds }
      return BigInt(await append(at + i, 'group', [event(ownerId, { case: 'groupCreated', value })]))
    })
    created.push(...(await Promise.all(some)))
  }
  /** @param {number} person @param {object[]} [cursors] */
  const hello = async (person, cursors = []) => {
    const accessToken = await fleet.token(users[person] ?? '', idOf(`device ${person}`))
    const frame = { case: /** @type {const} */ ('hello'), value: { accessToken, cursors } }
    return Buffer.from(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame }))).toString('base64')
  }
  const greetings = []
  for (let i = 0; i < people; i++) greetings.push(await hello(i))
  const backends = [...fleet.backends]
  const [backend] = backends
  if (!backend) throw new Error('a platform without a gateway')
  // No frequent health checks: they would be measured, too.
  for (const { name } of backends) fleet.balancer.remove(name)
  return {
    ...{ fleet, users, groupIds, created, hello },
    gatewayPid: fleet.find('gateway-0').pid,
    gatewayPids: fleet.of('gateway').map((name) => fleet.find(name).pid),
    /** Live is a frame of two bytes: field 8, empty. @type {Omit<import('./client.mjs').Order, 'count' | 'sources'>} */
    order: {
      host: backend.host,
      port: backend.port,
      ports: backends.map(({ port }) => port),
      path: '/ws',
      protocol: 'beseda.v1',
      opcode: 2,
      greetings,
      liveWhen: 'B\0',
    },
    /** Stores a message as the group service does. @param {number} group @param {string} text */
    say: (group, text) => append(group, 'messages', [posted(text)]),
    /** Sends what the log sends when it has stored a message, and stores nothing. Do not mix with `say`. @param {number} group @param {string} text */
    copy: (group, text) => {
      const groupId = groupIds[group] ?? ''
      const [before, seq] = [copied.get(group) ?? 0, (copied.get(group) ?? Number(created[group])) + 1]
      copied.set(group, seq)
      const copyHeaders = headers()
      copyHeaders.set('Nats-Sequence', String(seq))
      copyHeaders.set('Nats-Last-Sequence', String(before))
      const subject = fanSubject(partitionOf(groupId, partitions), groupId, 'messages')
      bus.publish(subject, commitOf([posted(text)]), { headers: copyHeaders })
    },
    /** Appends this many events to the log, to all groups in turn, a quarter of them messages; `first`: the number appended before. @param {number} events @param {string} text @param {number} [first] */
    fill: (events, text, first = 0) => {
      const authorId = users[0] ?? ''
      const publish = (/** @type {number} */ i, /** @type {Uint8Array} */ bytes) => store(i % groups, 'messages', bytes)
      return fillLog({ events, first, text, authorId, publish })
    },
    stop: async () => {
      await bus.close()
      await fleet.stop()
    },
  }
}
