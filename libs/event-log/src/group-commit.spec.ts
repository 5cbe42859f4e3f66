import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GroupCommit } from './group-commit.js'

interface Item {
  readonly id: number
  readonly size?: number
  readonly refuse?: boolean
}

/** A log whose appends end when they are let go. */
function setUp(outcome: () => 'done' | 'conflict' = () => 'done') {
  const commits: number[][] = []
  let release: () => void = () => undefined
  let held = false
  const posts = new GroupCommit<Item, Item>({
    sizeOf: ({ size = 1 }) => size,
    decide: (_, item) => {
      if (item.refuse) throw new Error(`refused ${item.id}`)
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

test('alone, an item goes at once; while one is under way, the others gather', async () => {
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

test('after a conflict everything is decided again', async () => {
  let conflicts = 2
  const { posts, commits } = setUp(() => (conflicts-- > 0 ? 'conflict' : 'done'))
  await posts.submit('k', { id: 1 })
  expect(commits).toEqual([[1]])
})

test('a log that fails fails those who wait, and the next ones go on', async () => {
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

test('whatever comes: each once, in order, and no commit beyond its limits', async () => {
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
