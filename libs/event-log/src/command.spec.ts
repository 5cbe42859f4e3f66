import { SerialQueue } from '@beseda/async'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { EventBody } from './codec.js'
import { type Command, commandCommit, handleCommand, MAX_CONFLICTS } from './command.js'
import { MemoryEventStore } from './memory.js'
import { Projection } from './views/projection.js'
import { SqliteView } from './views/sqlite-view.js'

let store: MemoryEventStore
let projection: Projection
const renamed = (name: string): EventBody => ({ case: 'groupUpdated', value: create(GroupUpdatedSchema, { name }) })

beforeEach(async () => {
  store = new MemoryEventStore()
  const view = SqliteView.open(':memory:', {
    name: 'names',
    version: 1,
    schema: 'CREATE TABLE name (seq INTEGER PRIMARY KEY, name TEXT, command TEXT)',
    apply: (target, { seq, commit }) => {
      for (const { body, commandId } of commit.events) {
        if (body.case === 'groupUpdated')
          target.run('INSERT INTO name VALUES (?, ?, ?)', seq, body.value.name ?? '', commandId)
      }
    },
  })
  projection = new Projection({ store, view, streams: ['S'], onFailure: () => undefined })
  onTestFinished(() => projection.stop())
  projection.start()
  await projection.ready
})

interface Last {
  readonly seq: number
  readonly name: string
}
const last = () => projection.view.get<Last>('SELECT seq, name FROM name ORDER BY seq DESC LIMIT 1')
const base = { key: 'g', stream: 'S', subject: 's', actorId: 'ann', now: new Date(1_000) }

const rename = (commandId: string, to: string, change: Partial<Command<string>> = {}) =>
  handleCommand<string>(
    { store, projection, queue },
    {
      ...base,
      commandId,
      findResult: () => projection.view.get<{ seq: number }>('SELECT seq FROM name WHERE command = ?', commandId)?.seq,
      load: () => ({ state: last()?.name ?? '', lastSeq: last()?.seq ?? 0 }),
      decide: (name) => (name === to ? [] : [renamed(to)]),
      ...change,
    },
  )
const queue = new SerialQueue()

test('is in the log and in the view when it answers', async () => {
  const { seq, events } = await rename('c1', 'Go')
  expect([seq, events.length, last()?.name]).toEqual([1, 1, 'Go'])
})

test('a repeated command gets the first answer and writes nothing', async () => {
  await rename('c1', 'Go')
  await rename('c2', 'Chess')
  expect((await rename('c1', 'Go')).seq).toBe(1)
  expect((await store.info('S')).lastSeq).toBe(2)
})

test('a command that changes nothing writes nothing', async () => {
  await rename('c1', 'Go')
  expect(await rename('c2', 'Go')).toEqual({ seq: 1, events: [] })
})

test('after a conflict the view catches up and the command is decided again', async () => {
  const decided: string[] = []
  let interfered = false
  const { seq } = await rename('c1', 'Mine', {
    load: () => {
      const present = { state: last()?.name ?? '', lastSeq: last()?.seq ?? 0 }
      if (!interfered) {
        interfered = true
        const commit = commandCommit({ ...base, commandId: 'theirs' }, [renamed('Theirs')])
        void store.append({ stream: 'S', subject: 's', commit })
      }
      return present
    },
    decide: (name) => {
      decided.push(name)
      return [renamed('Mine')]
    },
  })
  expect([seq, decided]).toEqual([2, ['', 'Theirs']])
})

test('an id that an older commit has is refused where no result is known, instead of a success that wrote nothing', async () => {
  const unknown = { findResult: () => undefined }
  await rename('c1', 'Go', unknown)
  await rename('c2', 'Chess', unknown)
  await expect(rename('c1', 'Go', unknown)).rejects.toMatchObject({ reason: ErrorReason.COMMAND_ID_REUSED })
  expect([last()?.name, (await store.info('S')).lastSeq]).toEqual(['Chess', 2])
})

test('a refused command writes nothing', async () => {
  const decide = () => {
    throw new Refusal(ErrorReason.NOT_PERMITTED)
  }
  await expect(rename('c1', 'x', { decide })).rejects.toMatchObject({ reason: ErrorReason.NOT_PERMITTED })
  expect((await store.info('S')).lastSeq).toBe(0)
})

test('a refusal by a view that lags is decided again once it has caught up', async () => {
  const theirs = commandCommit({ ...base, commandId: 'theirs' }, [renamed('Theirs')])
  await store.append({ stream: 'S', subject: 's', commit: theirs })
  expect(last()).toBeUndefined()
  const decide = (name: string) => {
    if (name === '') throw new Refusal(ErrorReason.GROUP_FULL)
    return [renamed('Mine')]
  }
  expect((await rename('c1', 'Mine', { decide })).seq).toBe(2)
})

test('a refusal waits for all that the decision reads, not only for the subject that it writes', async () => {
  const other = commandCommit({ ...base, commandId: 'other' }, [renamed('Other')])
  await store.append({ stream: 'S', subject: 'other', commit: other })
  const decide = () => {
    if (last() === undefined) throw new Refusal(ErrorReason.BANNED)
    return [renamed('Mine')]
  }
  const load = () => ({ state: '', lastSeq: 0 })
  await rename('c1', 'Mine', { decide, load, basis: { stream: 'S', filter: '*' } })
  expect(last()?.name).toBe('Mine')
})

test('after too many conflicts in a row the command is refused, once', async () => {
  let loads = 0
  const load = () => {
    loads++
    void store.append({ stream: 'S', subject: 's', commit: commandCommit({ ...base, commandId: `t${loads}` }, []) })
    return { state: '', lastSeq: 99 }
  }
  await expect(rename('c1', 'x', { load })).rejects.toMatchObject({ reason: ErrorReason.CONTENTION })
  expect(loads).toBe(MAX_CONFLICTS)
})

describe('a limit that is counted on other subjects', () => {
  const LIMIT = 1
  const count = () => projection.view.get<{ n: number }>('SELECT count(*) AS n FROM name')?.n ?? 0
  /** On a subject of its own, as a bot is of its owner. */
  const one = (commandId: string) =>
    rename(commandId, commandId, {
      subject: commandId,
      load: () => ({ state: '', lastSeq: 0 }),
      basis: { stream: 'S' },
      decide: () => {
        if (count() >= LIMIT) throw new Refusal(ErrorReason.TOO_MANY)
        return [renamed(commandId)]
      },
      guard: () => `all ${last()?.seq ?? 0}`,
    })

  /** What another replica writes, while this one's view hears of nothing. */
  const theirs = () =>
    store.append({
      stream: 'S',
      subject: 'theirs',
      commit: commandCommit({ ...base, commandId: 'theirs' }, [renamed('theirs')]),
      guard: 'all 0',
    })

  test('holds on a view that lags, by the guard', async () => {
    await projection.mayGuard('S')
    await theirs()
    await expect(one('mine')).rejects.toMatchObject({ reason: ErrorReason.TOO_MANY })
  })

  test('holds on a view that was cut off for longer than the log knows guards', async () => {
    await projection.mayGuard('S')
    await theirs()
    store.forget()
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 3 * 60_000)
    onTestFinished(() => clock.mockRestore())
    await expect(one('mine')).rejects.toMatchObject({ reason: ErrorReason.TOO_MANY })
    expect((await store.info('S')).lastSeq).toBe(1)
  })
})

test('a hundred commands of one key at once run one after another, each decided on the result of the one before', async () => {
  const seen = await Promise.all(Array.from({ length: 100 }, (_, i) => rename(`c${i}`, `name ${i}`)))
  expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
  expect(queue.size).toBe(0)
})

test('a command whose caller has gone before its turn is not carried out', async () => {
  const gone = new AbortController()
  const first = rename('c1', 'first')
  const second = rename('c2', 'second', { signal: gone.signal })
  gone.abort(new Error('gone'))
  await first
  await expect(second).rejects.toThrow('gone')
  expect(last()?.name).toBe('first')
})
