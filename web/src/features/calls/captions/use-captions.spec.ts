import { expect, test, vi } from 'vitest'
import { effectScope, nextTick } from 'vue'
import type { ActiveCall } from '../active-call.js'
import { Asides } from '../engine/asides.js'
import type { CallCaptions } from './call-captions.js'
import { useCaptions } from './use-captions.js'

const BOB = { userId: 'bob', deviceId: 'phone' }

/** A call whose network lets the code through when the test says so. */
function bench() {
  const asides = new Asides(() => undefined)
  const world = { isOffline: true, asked: 0, closed: 0, wants: [] as boolean[] }
  class Fetched {
    readonly exchange = {
      snapshot: { value: { own: { wants: false } } },
      setWants: (wants: boolean) => void world.wants.push(wants),
    }
    close(): void {
      world.closed += 1
    }
  }
  const load = async () => {
    world.asked += 1
    if (world.isOffline) throw new Error('no network')
    return { CallCaptions: Fetched as unknown as new () => CallCaptions }
  }
  const scope = effectScope()
  const { captions, toggle } = scope.run(() => useCaptions({ asides } as ActiveCall, load)) as ReturnType<
    typeof useCaptions
  >
  return { asides, world, captions, toggle, scope }
}

test('code that could not be fetched is fetched again when the person asks again', async () => {
  const { world, captions, toggle } = bench()
  await toggle()
  expect([captions.value, world.asked]).toEqual([undefined, 1])
  world.isOffline = false
  await toggle()
  expect([world.asked, world.wants]).toEqual([2, [true]])
})

test('and when the others say the next thing', async () => {
  const { asides, world, captions, scope } = bench()
  asides.hear(BOB, new Uint8Array())
  await vi.waitFor(() => expect(world.asked).toBe(1))
  await nextTick()
  world.isOffline = false
  asides.hear(BOB, new Uint8Array())
  await vi.waitFor(() => expect(captions.value).toBeDefined())
  scope.stop()
  expect([world.asked, world.closed]).toEqual([2, 1])
})
