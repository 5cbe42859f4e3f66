import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { MemoryEventStore } from '../memory.js'
import { messageCommit } from '../testing/commits.js'
import { counterView } from '../testing/counter-view.js'
import { confirmRefusals, type ViewScope } from './freshness.js'
import { Projection } from './projection.js'
import { SqliteView } from './sqlite-view.js'

let store: MemoryEventStore
let projection: Projection
let scope: ViewScope
beforeEach(async () => {
  store = new MemoryEventStore()
  const view = SqliteView.open(':memory:', counterView())
  projection = new Projection({ store, view, streams: ['S'], onFailure: () => undefined })
  onTestFinished(() => projection.stop())
  projection.start()
  await projection.ready
  scope = { store, projection, stream: 'S', filter: 's' }
})

const grow = () => store.append({ stream: 'S', subject: 's', commit: messageCommit('x') })
const reasons = Object.values(ErrorReason).filter((reason) => typeof reason === 'number')
/** Refuses as long as the view has not folded `seq`. */
const from = (seq: number, refusal: Error) => () => {
  if (projection.applied('S') < seq) throw refusal
  return 'welcome'
}

test.each(reasons.map((reason) => [ErrorReason[reason], reason] as const))(
  'a view that lags catches up and decides again before it refuses with %s',
  async (_, reason) => {
    await grow()
    expect(await confirmRefusals(scope, from(1, new Refusal(reason)))).toBe('welcome')
  },
)

test('a view that has advanced by itself meanwhile decides again, too', async () => {
  let first = true
  const deciding = confirmRefusals(scope, async () => {
    if (!first) return 'welcome'
    first = false
    await grow()
    await projection.waitFor('S', 1)
    throw new Refusal(ErrorReason.NOT_A_MEMBER)
  })
  expect(await deciding).toBe('welcome')
})

test('a view that has everything refuses at once', async () => {
  await grow()
  await projection.waitFor('S', 1)
  const refusal = new Refusal(ErrorReason.BANNED)
  let decided = 0
  const decide = () => {
    decided++
    return from(2, refusal)()
  }
  await expect(confirmRefusals(scope, decide)).rejects.toBe(refusal)
  expect(decided).toBe(1)
})

test('the second refusal stands', async () => {
  await grow()
  const refusal = new Refusal(ErrorReason.GROUP_FULL)
  await expect(confirmRefusals(scope, from(2, refusal))).rejects.toBe(refusal)
})

test('an error that is no refusal passes at once', async () => {
  await grow()
  const error = new Error('a mistake')
  await expect(confirmRefusals(scope, from(1, error))).rejects.toBe(error)
})
