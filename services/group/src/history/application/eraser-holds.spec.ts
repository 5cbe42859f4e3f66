import { type AppendRequest, type AppendResult, commandCommit, MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { historyStream, PEOPLE_STREAM, personalStream, RETENTION_STREAM, RETENTION_SUBJECT } from '@beseda/proto'
import { HoldChangedSchema } from '@beseda/proto/moderation/v1/events'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { action, found, LATER, NOW, playAll } from '../../../../testing/erasure-play.js'
import { groupParts } from '../../../../testing/group-parts.js'
import { replica } from '../../../../testing/scheduled.js'
import { historyView } from '../../view/history-view.js'

/**
 * A legal hold in any interleaving with what people do and with two erasers, whose views know of it as late as they like: from the moment in which it
 * stands in the log nothing that the held person says leaves the log, and when it ends everything deleted does.
 */
const STREAM = historyStream(0)
const STREAMS = [STREAM, personalStream(0), PEOPLE_STREAM, RETENTION_STREAM]

/** A log that knows every text that was ever in it. */
class RememberingLog extends MemoryEventStore {
  readonly texts = new Set<string>()

  override async append(request: AppendRequest): Promise<AppendResult> {
    const result = await super.append(request)
    if (result.kind !== 'appended') return result
    for (const { body } of request.commit.events) {
      if (body.case === 'messagePosted' || body.case === 'messageEdited') this.texts.add(body.value.text)
    }
    return result
  }
}

async function serviceOn(store: MemoryEventStore, s?: fc.Scheduler) {
  const { history, projection, stop } = await replica(store, STREAMS, historyView, s)
  const parts = groupParts(history, projection)
  const groups = { close: () => Promise.reject(new Error('nobody left')) }
  return { ...parts, projection, stop, eraser: parts.eraser(groups, { deleteDue: async () => undefined }) }
}

async function hold(store: MemoryEventStore, userId: string, held: boolean): Promise<void> {
  const body = { case: 'holdChanged' as const, value: create(HoldChangedSchema, { userId, held }) }
  const commit = commandCommit({ commandId: newId(), actorId: 'ada', now: NOW }, [body])
  await store.append({ stream: RETENTION_STREAM, subject: RETENTION_SUBJECT, commit })
}

async function textOf(store: MemoryEventStore): Promise<string> {
  const log = await store.read(STREAM, { afterSeq: 0, limit: 10_000 })
  return log.map(({ bytes }) => Buffer.from(bytes).toString()).join()
}

test('nothing that a held person says leaves the log before the hold ends', async () => {
  let [kept, gone] = [0, 0]
  const actions = fc.array(action, { minLength: 4, maxLength: 24 })
  const property = fc.asyncProperty(fc.scheduler(), actions, async (s, all) => {
    const store = new RememberingLog()
    const groupId = await found(store)
    const parts = [await serviceOn(store, s), await serviceOn(store, s)]
    // The log has it; what the views know of it is up to the scheduler.
    await hold(store, 'bob', true)
    const words = new Map<string, string>()
    await playAll(parts, groupId, all, words, s)
    // Nothing is being erased at this moment, and no view waits for this one.
    const before = await textOf(store)
    await hold(store, 'eve', true)
    const rounds = async (...known: readonly string[]) => {
      for (let round = 0; round < 3; round++) {
        for (const { eraser, projection } of parts) {
          for (const stream of known) await s.waitFor(projection.waitFor(stream, (await store.info(stream)).lastSeq))
          await s.waitFor(eraser.round(LATER))
        }
      }
    }
    await rounds(STREAM)
    const fresh = await serviceOn(store)
    await fresh.eraser.round(LATER)
    const authors = new Map(
      fresh.projection.view
        .all<{ id: string; author: string }>('SELECT id, author_id AS author FROM message')
        .map(({ id, author }) => [id, author]),
    )
    const standing = new Set(
      fresh.projection.view.all<{ id: string }>('SELECT id FROM message WHERE deleted = 0').map(({ id }) => id),
    )
    const said = [...words.keys()].filter((word) => store.texts.has(word))
    const during = await textOf(store)
    for (const word of said) {
      const messageId = words.get(word) ?? ''
      const author = authors.get(messageId)
      const isHeld = author === 'bob' || (author === 'eve' && before.includes(word))
      expect(during.includes(word)).toBe(isHeld || standing.has(messageId))
      if (isHeld && !standing.has(messageId)) kept++
    }
    for (const userId of ['bob', 'eve']) await hold(store, userId, false)
    // As in the service, the end of a hold makes work for the eraser when the view has it.
    await rounds(STREAM, RETENTION_STREAM)
    const after = await textOf(store)
    for (const word of said) expect(after.includes(word)).toBe(standing.has(words.get(word) ?? ''))
    gone += said.filter((word) => !after.includes(word)).length
    for (const { stop } of [...parts, fresh]) await stop()
  })
  await fc.assert(property, { numRuns: 100 })
  // A history in which nothing is kept and nothing goes proves nothing.
  expect(kept).toBeGreaterThan(30)
  expect(gone).toBeGreaterThan(60)
})
