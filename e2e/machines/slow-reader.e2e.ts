import { newId, partitionOf } from '@beseda/kernel'
import { historyStream, historySubject } from '@beseda/proto'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { ClientFrameSchema, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { Device, Installation, PATIENCE_MS, Person } from '@beseda/testkit'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { jetstreamManager } from '@nats-io/jetstream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openClient } from '../../loadtests/bench/net/client.mjs'

/** What a gateway does when it cannot continue: it closes the connection with a code to resume by. */
let beseda: Installation
beforeAll(async () => {
  beseda = await Installation.start()
})
afterAll(() => beseda?.stop())

const PARTITIONS = 4

async function inAGroup() {
  const [ann, bob] = [await Person.register(beseda.url, 'Ann'), await Person.register(beseda.url, 'Bob')]
  const creation = { commandId: newId(), kind: GroupKind.GROUP, name: 'G', memberIds: [bob.userId] }
  const groupId = (await ann.groups.createGroup(creation)).group!.id
  return { ann, bob, groupId }
}

/** Appends directly to the log, bypassing the rate limits. */
async function appendTexts(groupId: string, actorId: string, texts: readonly string[]): Promise<void> {
  const bus = await beseda.connectToBus()
  for (const text of texts) {
    const messageId = newId()
    const body = { case: 'messagePosted' as const, value: { messageId, authorId: actorId, text } }
    const commit = create(CommitSchema, {
      id: messageId,
      events: [{ commandId: messageId, actorId, version: 1, body }],
    })
    const subject = historySubject(partitionOf(groupId, PARTITIONS), groupId, 'messages')
    const answer = await bus.request(subject, toBinary(CommitSchema, commit), { timeout: PATIENCE_MS })
    expect(answer.json()).toMatchObject({ seq: expect.any(Number) })
  }
  await bus.close()
}

test('a stalled reader is closed with a code to resume by, delays nobody, and misses nothing', async () => {
  const { ann, bob, groupId } = await inAGroup()
  const hears = await ann.connect()
  const { hostname, port } = new URL(beseda.url)
  const hello = { case: 'hello' as const, value: { accessToken: bob.tokens.accessToken } }
  const greeting = toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame: hello }))
  const seqs: number[] = []
  let closedWith: number | undefined
  const stalled = await openClient(
    {
      ...{ host: hostname, port: Number(port), path: '/ws', protocol: 'beseda.v1', count: 1, sources: 1, opcode: 2 },
      ...{ greetings: [Buffer.from(greeting).toString('base64')], liveWhen: 'B\0' },
      onClose: (code) => {
        closedWith = code
      },
    },
    0,
    (_, payload) => {
      const { frame } = fromBinary(ServerFrameSchema, payload)
      if (frame.case === 'commit') seqs.push(Number(frame.value.seq))
    },
  )
  stalled.socket.pause()
  const texts = Array.from({ length: 60 }, (_, i) => `${i} ${'x'.repeat(350_000)}`)
  await appendTexts(groupId, ann.userId, texts)
  expect(await hears.sees(groupId, texts.length)).toHaveLength(texts.length)
  await expect.poll(() => beseda.metrics('gateway')).toContain('code="TOO_SLOW"} 1')

  stalled.socket.resume()
  await expect.poll(() => closedWith).toBe(CloseCode.TOO_SLOW)
  const heard = hears.frames.flatMap((frame) => (frame.case === 'commit' ? [Number(frame.value.seq)] : []))
  expect(seqs.length).toBeGreaterThan(0)
  expect(seqs.length).toBeLessThan(texts.length)
  // What it had received until then is a prefix of what the other one received.
  expect(seqs).toEqual(heard.slice(0, seqs.length))

  // It reconnects as often as needed: on a busy machine it may be too slow again.
  let back = await Device.open(beseda.url2)
  back.cursors.set(groupId, { ...hears.cursors.get(groupId)!, messagesSeq: BigInt(seqs.at(-1)!) })
  const isLive = (before?: Device) =>
    back.hello(bob.tokens.accessToken, before).then(
      () => true,
      () => false,
    )
  for (let live = await isLive(); !live; ) {
    expect((await back.closed).code).toBe(CloseCode.TOO_SLOW)
    const before = back
    back = await Device.open(beseda.url2)
    live = await isLive(before)
  }
  expect(back.texts.get(groupId)).toHaveLength(texts.length - seqs.length)
  expect([...hears.complaints, ...back.complaints]).toEqual([])
})

test('a recreated log has a new epoch: clients are told to resume, and to fetch the state', async () => {
  const { ann, groupId } = await inAGroup()
  const device = await ann.connect()
  const before = device.cursors.get(groupId)!
  const pid = beseda.pid('group')
  const bus = await beseda.connectToBus()
  const manager = await jetstreamManager(bus)
  const stream = historyStream(partitionOf(groupId, PARTITIONS))
  const { config, state } = await manager.streams.info(stream)
  const copies = []
  // To the last one: where a busy server lets a request run out, the group would be missing afterwards.
  for (let seq = 1; seq <= state.last_seq; seq++) {
    const stored = await manager.streams.getMessage(stream, { seq })
    if (stored) copies.push(stored)
  }
  await manager.streams.delete(stream)
  await manager.streams.add({ ...config, metadata: { ...config.metadata, 'beseda-epoch': newId() } })
  // As after a restore.
  for (const { subject, data } of copies) await bus.request(subject, data, { timeout: PATIENCE_MS })
  await bus.close()
  expect((await device.closed).code).toBe(CloseCode.RESUME)
  // Services start again, with empty views.
  await expect.poll(() => beseda.pid('group')).not.toBe(pid)
  // The client resumes with its cursor of the old log, as soon as the services know the new one.
  const told = async () => {
    const back = await Device.connect(beseda.url2, ann.tokens.accessToken, device).catch(() => undefined)
    back?.close()
    return back?.frames.flatMap((frame) => (frame.case === 'snapshotRequired' ? [frame.value.head?.epoch] : []))
  }
  await expect.poll(told, { interval: 500 }).toEqual([expect.any(String)])
  expect(await told()).not.toEqual([before.epoch])
})
