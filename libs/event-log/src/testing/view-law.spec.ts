import { type Decider, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { CommitSchema, type Event } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StoredCommit } from '../port.js'
import type { SqliteView, ViewDefinition } from '../views/sqlite-view.js'
import { messageCommit } from './commits.js'
import { checkViewLaw, type LogEntry, logOfCommands, type ViewLaw } from './view-law.js'

/** How many times each word was said, in the order in which the words were first said. */
interface Words {
  readonly counts: ReadonlyMap<string, number>
}
const decider: Decider<Words, string, string> = {
  initialState: { counts: new Map() },
  decide: (word, { counts }) => {
    if (word === '') throw new Refusal(ErrorReason.INVALID_REQUEST)
    return counts.get(word) === 3 ? [] : [word]
  },
  evolve: ({ counts }, word) => ({ counts: new Map(counts).set(word, (counts.get(word) ?? 0) + 1) }),
}

const entryOf = (words: readonly string[], subject = 's'): LogEntry => ({
  stream: 'S',
  subject,
  commit: create(CommitSchema, { id: 'c', events: words.flatMap((word) => messageCommit(word).events) }),
})
const wordOf = ({ body }: Event) => (body.case === 'messagePosted' ? body.value.text : '')
const eventsOf = ({ subject, commit }: StoredCommit) => (subject === 's' ? commit.events.map(wordOf) : [])

const view = (onConflict: string): ViewDefinition => ({
  name: 'words',
  version: 1,
  schema: 'CREATE TABLE word (word TEXT PRIMARY KEY, n INTEGER NOT NULL)',
  apply: (target, stored) => {
    for (const word of eventsOf(stored)) target.run(`INSERT INTO word VALUES (?, 1) ON CONFLICT ${onConflict}`, word)
  },
})
const load = (order: string) => (target: SqliteView) => ({
  counts: new Map(
    target
      .all<{ word: string; n: number }>(`SELECT word, n FROM word ORDER BY ${order}`)
      .map(({ word, n }) => [word, n]),
  ),
})
const entry = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }), fc.constantFrom('s', 'other'))
  .map(([words, subject]) => entryOf(words, subject))
const law: ViewLaw<Words, string> = {
  view: view('DO UPDATE SET n = n + 1'),
  decider,
  histories: fc.array(entry, { maxLength: 5 }),
  eventsOf,
  load: load('rowid'),
}

test('a view that folds as the decider does keeps the law', () => {
  expect(() => checkViewLaw(law)).not.toThrow()
})

test('a view that folds otherwise breaks it', () => {
  expect(() => checkViewLaw({ ...law, view: view('DO NOTHING') })).toThrow(/Property failed/)
})

test('another order breaks it, unless no decision reads the order', () => {
  const sorted = { ...law, load: load('word') }
  expect(() => checkViewLaw(sorted)).toThrow(/Property failed/)
  expect(() => checkViewLaw({ ...sorted, unordered: ['counts'] })).not.toThrow()
})

test('a log of commands holds what they decided, each on those before it', () => {
  const log = { start: [entryOf(['a', 'a'])], eventsOf, entryOf: (words: readonly string[]) => entryOf(words) }
  const written = logOfCommands(decider, log, ['a', '', 'a', 'b'])
  expect(written.map(({ commit }) => commit.events.map(wordOf))).toEqual([['a', 'a'], ['a'], ['b']])
})
