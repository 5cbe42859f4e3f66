import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { MAX_CONFLICTS } from './command.js'
import { GroupCommit } from './group-commit.js'
import { MemoryEventStore } from './memory.js'
import { messageCommit } from './testing/commits.js'
import { counterView } from './testing/counter-view.js'
import type { ViewScope } from './views/freshness.js'
import { Projection } from './views/projection.js'
import { SqliteView } from './views/sqlite-view.js'

interface Item {
  readonly id: number
  readonly size?: number
  readonly refuse?: boolean
  /** Refused until the view has folded this sequence. */
  readonly needsSeq?: number
}

/** A view that never changes. */
const idle = {
  store: new MemoryEventStore(),
  projection: new Projection({
    store: new MemoryEventStore(),
    view: SqliteView.open(':memory:', counterView()),
    streams: [],
    onFailure: () => undefined,
  }),
  stream: 'S',
  filter: 's',
}

/** A log whose appends end when they are released. */
function setUp(outcome: () => 'done' | 'conflict' = () => 'done', scope: ViewScope = idle) {
  const commits: number[][] = []
  let release: () => void = () => undefined
  let held = false
  const posts = new GroupCommit<Item, Item>({
    scope: () => scope,
    sizeOf: ({ size = 1 }) => size,
    decide: (_, item) => {
      if (item.refuse || (item.needsSeq ?? 0) > scope.projection.applied('S')) throw new Refusal(ErrorReason.BANNED)
      return item
    },
    append: async (_, items) => {
      if (held) await new Promise<void>((resolve) => (release = resolve))
      const result = outcome()
      if (result === 'done') commits.push(items.map(({ id }) => id))
      return result
    },
  })
  return {
    posts,
    commits,
    hold: () => {
      held = true
    },
    release: () => {
      held = false
      release()
    },
  }
}

test('a single item is written at once; items that come during an append share the next one', async () => {
  const { posts, commits, hold, release } = setUp()
  hold()
  const all = [1, 2, 3].map((id) => posts.submit('k', { id }))
  await Promise.resolve()
  release()
  await Promise.all(all)
  expect(commits).toEqual([[1], [2, 3]])
})

test('keys do not wait for each other', async () => {
  const { posts, commits, hold, release } = setUp()
  hold()
  const waiting = posts.submit('slow', { id: 1 })
  await Promise.resolve()
  release()
  hold()
  const other = posts.submit('other', { id: 2 })
  release()
  await Promise.all([waiting, other])
  expect(commits.flat().sort()).toEqual([1, 2])
})

test('a refused item fails alone', async () => {
  const { posts, commits } = setUp()
  const results = await Promise.allSettled([
    posts.submit('k', { id: 1 }),
    posts.submit('k', { id: 2, refuse: true }),
    posts.submit('k', { id: 3 }),
  ])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(commits.flat()).toEqual([1, 3])
})

test('after a conflict all items are decided again', async () => {
  let conflicts = 2
  const { posts, commits } = setUp(() => (conflicts-- > 0 ? 'conflict' : 'done'))
  await posts.submit('k', { id: 1 })
  expect(commits).toEqual([[1]])
})

test('after too many conflicts in a row all items are refused, and the next ones go on', async () => {
  let appends = 0
  const { posts, commits } = setUp(() => (++appends > MAX_CONFLICTS ? 'done' : 'conflict'))
  const outcomes = await Promise.allSettled([1, 2].map((id) => posts.submit('k', { id })))
  // The second item came while the first was tried, and has a commit of its own.
  expect(outcomes).toMatchObject([{ reason: { reason: ErrorReason.CONTENTION } }, { status: 'fulfilled' }])
  expect(commits).toEqual([[2]])
})

test('an item refused by a view that lags is decided again, and delays no other', async () => {
  const store = new MemoryEventStore()
  const view = SqliteView.open(':memory:', counterView())
  const projection = new Projection({ store, view, streams: ['S'], onFailure: () => undefined })
  onTestFinished(() => projection.stop())
  projection.start()
  await projection.ready
  await store.append({ stream: 'S', subject: 's', commit: messageCommit('x') })
  const { posts, commits } = setUp(undefined, { store, projection, stream: 'S', filter: 's' })
  await Promise.all([posts.submit('k', { id: 1, needsSeq: 1 }), posts.submit('k', { id: 2 })])
  expect(commits).toEqual([[2], [1]])
})

test('a refused item on a view that stands still ends with the signal of its request', async () => {
  const store = new MemoryEventStore()
  const view = SqliteView.open(':memory:', counterView())
  // Not started: this view folds nothing.
  const projection = new Projection({ store, view, streams: ['S'], onFailure: () => undefined })
  await store.append({ stream: 'S', subject: 's', commit: messageCommit('x') })
  const { posts } = setUp(undefined, { store, projection, stream: 'S', filter: 's' })
  const request = new AbortController()
  const refused = posts.submit('k', { id: 1, refuse: true }, request.signal)
  request.abort(new Error('deadline'))
  await expect(refused).rejects.toThrow('deadline')
})

test('when its signal aborts, an item that waits behind an append is not written', async () => {
  const { posts, commits, hold, release } = setUp()
  hold()
  const [first, second] = [new AbortController(), new AbortController()]
  const writing = posts.submit('k', { id: 1 }, first.signal)
  const waiting = posts.submit('k', { id: 2 }, second.signal)
  for (const request of [first, second]) request.abort(new Error('deadline'))
  await expect(writing).rejects.toThrow('deadline')
  await expect(waiting).rejects.toThrow('deadline')
  release()
  await posts.submit('k', { id: 3 })
  expect(commits).toEqual([[1], [3]])
})

test('when the log fails the waiting items fail, and later ones go on', async () => {
  let fail = true
  const { posts, commits } = setUp(() => {
    if (!fail) return 'done'
    throw new Error('no log')
  })
  await expect(posts.submit('k', { id: 1 })).rejects.toThrow('no log')
  fail = false
  await posts.submit('k', { id: 2 })
  expect(commits).toEqual([[2]])
})

test('whatever comes, each item is written once, in order, and no commit exceeds its limits', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 300 })
  await fc.assert(
    fc.asyncProperty(sizes, async (list) => {
      const { posts, commits } = setUp()
      await Promise.all(list.map((size, id) => posts.submit('k', { id, size })))
      expect(commits.flat()).toEqual(list.map((_, id) => id))
      for (const ids of commits) {
        expect(ids.length).toBeLessThanOrEqual(100)
        const bytes = ids.reduce((sum, id) => sum + (list[id] ?? 0), 0)
        expect(ids.length === 1 || bytes <= 256 * 1024).toBe(true)
      }
    }),
    { numRuns: 50 },
  )
})
