import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ViewDefinition } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { historyStream, historySubject } from '@beseda/proto'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { filesWith, TestSystem } from '@beseda/testkit'
import { create } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { Platform } from '../../platform.js'
import { copySubject, DONE, type Offer, opened, PART_BYTES, sealed } from './parts.js'
import { takeCopy } from './take-copy.js'

/** More than what is folded rather than copied. */
const COMMITS = 1_200

let system: TestSystem
let writer: Platform
beforeAll(async () => {
  system = await TestSystem.start()
  writer = await Platform.open(system.config('group'), (error) => system.failures.push(error))
  await Promise.all(Array.from({ length: COMMITS }, (_, i) => append(`said ${i}`)))
})
afterAll(async () => {
  await writer.close()
  await system.stop()
})

/** Sequences that were folded in this process. */
let folded: number[] = []
beforeEach(() => {
  folded = []
})
const view = (change: Partial<ViewDefinition> = {}): ViewDefinition => ({
  name: 'said',
  version: 1,
  schema: 'CREATE TABLE said (seq INTEGER PRIMARY KEY, text TEXT)',
  apply(into, { seq, commit }) {
    folded.push(seq)
    for (const { body } of commit.events) {
      if (body.case === 'messagePosted') into.run('INSERT INTO said VALUES (?, ?)', seq, body.value.text)
      if (body.case === 'messageDeleted') into.run('DELETE FROM said WHERE text = ?', body.value.messageId)
    }
  },
  ...change,
})

async function append(text: string, kind: 'messagePosted' | 'messageDeleted' = 'messagePosted'): Promise<void> {
  const body =
    kind === 'messagePosted'
      ? ({ case: kind, value: { messageId: newId(), authorId: 'ann', text } } as const)
      : ({ case: kind, value: { messageId: text } } as const)
  const commit = create(CommitSchema, { id: newId(), events: [{ commandId: newId(), actorId: 'ann', body }] })
  const subject = historySubject(0, newId(), 'messages')
  await writer.store.append({ stream: historyStream(0), subject, commit })
}

/** A replica with a folder of its own, which has caught up. */
async function replica({ definition = view(), dataDir = `${system.folder}/${newId()}`, rebuildViews = false } = {}) {
  const config = { ...system.config('group'), dataDir, rebuildViews }
  const platform = await Platform.open(config, (error) => system.failures.push(error))
  let isOpen = true
  const close = async () => {
    if (isOpen) await platform.close()
    isOpen = false
  }
  onTestFinished(close)
  const before = folded.length
  const projection = platform.views.open(definition, [historyStream(0)])
  await platform.views.caughtUp()
  const texts = () => projection.view.all<{ text: string }>('SELECT text FROM said').map(({ text }) => text)
  return {
    platform,
    dataDir,
    close,
    texts,
    folded: folded.length - before,
    file: `${dataDir}/group/${definition.name}.sqlite`,
  }
}

test('a new replica begins as a copy of another one, reads the rest of the log, and gives copies itself', async () => {
  const first = await replica()
  expect(first.folded).toBeGreaterThanOrEqual(COMMITS)
  await append('after the first')
  const second = await replica()
  expect(second.folded).toBeLessThan(10)
  expect(second.texts()).toEqual(first.texts())
  await first.close()
  const third = await replica()
  expect([third.folded < 10, third.texts().length]).toEqual([true, second.texts().length])
  await append('to all of them')
  await expect.poll(() => [second, third].map(({ texts }) => texts().includes('to all of them'))).toEqual([true, true])
})

test('several at once get their copies one after the other', async () => {
  await replica()
  const others = await Promise.all([replica(), replica(), replica()])
  expect(others.map((other) => other.texts().length >= COMMITS)).toEqual([true, true, true])
  expect(folded.length).toBeLessThan(2 * COMMITS)
})

test('nobody is asked for another version, for what was damaged, nor for what an operator wants to be read anew', async () => {
  await replica()
  expect((await replica({ definition: view({ version: 2 }) })).folded).toBeGreaterThanOrEqual(COMMITS)
  const again = await replica({ rebuildViews: true })
  expect(again.folded).toBeGreaterThanOrEqual(COMMITS)
  expect(again.texts().length).toBeGreaterThanOrEqual(COMMITS)
})

test('what is erased is in no file of a replica that was a copy, nor of one whose taker has gone in the middle', async () => {
  const word = `pomegranate-${newId()}`
  await append(word)
  const giver = await replica()
  const taker = await replica()
  expect(taker.texts()).toContain(word)
  const subject = copySubject('group', view(), [historyStream(0)])
  const offers = () => writer.nats.request(subject).then((message) => message.json<Offer>())
  await expect.poll(offers).toMatchObject({ kind: 'offer' })
  await append(word, 'messageDeleted')
  await expect.poll(() => [giver, taker].some(({ texts }) => texts().includes(word))).toBe(false)
  const left = async () => {
    await Promise.all([giver, taker].map(({ platform }) => platform.views.eraseLeftovers()))
    return [...(await filesWith(giver.dataDir, [word])), ...(await filesWith(taker.dataDir, [word]))]
  }
  expect(await left()).not.toEqual([])
  await expect.poll(left).toEqual([])
})

/** Gives something under the subject, as a replica does. */
function give(nats: NatsConnection, part: (at: number) => Uint8Array | undefined, bytes: number): string {
  const subject = `views.group.said.${newId()}`
  const offers = nats.subscribe(subject, {
    callback: (_, message) => void message.respond(JSON.stringify({ kind: 'offer', id: 'x', bytes })),
  })
  const parts = nats.subscribe(`${subject}.x`, {
    callback: (_, message) => {
      const found = message.string() === DONE ? undefined : part(Number(message.string()))
      if (found) message.respond(found)
    },
  })
  onTestFinished(() => {
    offers.unsubscribe()
    parts.unsubscribe()
  })
  return subject
}

function target(): string {
  const folder = mkdtempSync(join(tmpdir(), 'beseda-copies-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'copy')
}

const take = (subject: string, to: string) =>
  takeCopy({ nats: writer.nats, subject, target: to, signal: new AbortController().signal })

test('a copy arrives byte by byte as it was given; nobody to give one is no error', async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(60_000))
  const whole = Buffer.concat(Array.from({ length: 30 }, () => bytes))
  const subject = give(writer.nats, (at) => sealed(whole.subarray(at, at + PART_BYTES)), whole.length)
  const file = target()
  expect(await take(subject, file)).toBe(whole.length)
  expect(readFileSync(file).equals(whole)).toBe(true)
  expect(await take(`views.group.said.${newId()}`, target())).toBeUndefined()
})

test.each([
  ['changed on its way', (part: Uint8Array) => part.fill(7, 10, 20)],
  ['cut', (part: Uint8Array) => sealed(opened(part).subarray(1))],
  ['empty', () => new Uint8Array()],
])('a part that is %s is refused, and nothing is left of the copy', async (_, harm) => {
  const file = target()
  const subject = give(writer.nats, () => harm(sealed(new Uint8Array(PART_BYTES).fill(1))), 3 * PART_BYTES)
  await expect(take(subject, file)).rejects.toThrow('a part of a copy')
  expect(existsSync(file)).toBe(false)
})
