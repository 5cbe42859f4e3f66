import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { type Place, refusedOnlyWhenFresh } from './freshness.js'
import { MemoryEventStore } from './memory.js'
import { Projection } from './projection.js'
import { SqliteView } from './sqlite-view.js'
import { messageCommit } from './testing/commits.js'
import { counterView } from './testing/counter-view.js'

let store: MemoryEventStore
let projection: Projection
let place: Place
beforeEach(async () => {
  store = new MemoryEventStore()
  const view = SqliteView.open(':memory:', counterView())
  projection = new Projection({ store, view, streams: ['S'], onFailure: () => undefined })
  onTestFinished(() => projection.stop())
  projection.start()
  await projection.ready
  place = { store, projection, stream: 'S', filter: 's' }
})

const grow = () => store.append({ stream: 'S', subject: 's', commit: messageCommit('x') })
const notAMember = new Refusal(ErrorReason.NOT_A_MEMBER)
/** Refuses as long as the view has less than `seq`. */
const from = (seq: number) => () => {
  if (projection.applied('S') < seq) throw notAMember
  return 'welcome'
}
const ask = (question: () => string) => refusedOnlyWhenFresh(place, [ErrorReason.NOT_A_MEMBER], question)

test('a view that is behind is brought up and asked again', async () => {
  await grow()
  expect(await ask(from(1))).toBe('welcome')
})

test('a view that has caught up by itself in the meantime is asked again, too', async () => {
  let first = true
  const question = () => {
    if (!first) return 'welcome'
    first = false
    throw notAMember
  }
  const asking = refusedOnlyWhenFresh(place, [ErrorReason.NOT_A_MEMBER], async () => {
    const answer = Promise.resolve().then(question)
    answer.catch(() => undefined)
    await grow()
    await projection.waitFor('S', 1)
    return answer
  })
  expect(await asking).toBe('welcome')
})

test('a view that has everything refuses at once', async () => {
  await grow()
  await projection.waitFor('S', 1)
  let asked = 0
  const question = () => {
    asked++
    return from(2)()
  }
  await expect(ask(question)).rejects.toBe(notAMember)
  expect(asked).toBe(1)
})

test('another reason is not asked twice', async () => {
  void grow()
  const error = new Refusal(ErrorReason.INVALID_REQUEST)
  await expect(
    ask(() => {
      throw error
    }),
  ).rejects.toBe(error)
})
