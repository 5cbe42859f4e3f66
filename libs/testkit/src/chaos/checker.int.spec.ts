import { laneOf } from '@beseda/proto'
import { ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { fromBinary } from '@bufbuild/protobuf'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Installation } from '../installation.js'
import { PATIENCE_MS } from '../patience.js'
import { Conversation } from './conversation.js'
import { type Change, FrameProxy } from './frame-proxy.js'
import type { Verdict } from './ledger.js'

/** Tests the checker of the chaos campaigns on a gateway that breaks its promises: a proxy in front of a real one changes its frames. */
let beseda: Installation
beforeAll(async () => {
  beseda = await Installation.start()
})
afterAll(() => beseda?.stop())

const MESSAGES = laneOf('messages')
const isMessage = (payload: Uint8Array): boolean => {
  const { frame } = fromBinary(ServerFrameSchema, payload)
  return frame.case === 'commit' && frame.value.lane === MESSAGES
}

/** Changes each connection's message commits: `change` gets the number of the commit, from 1, and its frame. */
const onMessages = (change: (n: number, payload: Uint8Array) => readonly Uint8Array[]) => (): Change => {
  let n = 0
  return (payload) => (isMessage(payload) ? change(++n, payload) : [payload])
}
const AT = 5

function swapped(): Change {
  let held: Uint8Array | undefined
  return onMessages((n, payload) => {
    if (n === AT) held = payload
    if (n === AT) return []
    return n === AT + 1 && held ? [payload, held] : [payload]
  })()
}

/** Three people talk through the proxy; then the checker judges. */
async function judged(
  changeOf: () => Change,
  patienceMs = PATIENCE_MS,
): Promise<Verdict & { readonly complaints: number }> {
  const proxy = await FrameProxy.start(beseda.url, changeOf)
  const options = { people: 3, groups: 1, members: 3, pauseMs: 100, random: Math.random }
  const conversation = await Conversation.begin(proxy.url, options)
  try {
    await expect.poll(() => conversation.ledger.size).toBeGreaterThan(6 * AT)
    const verdict = await conversation.end(Date.now() + patienceMs)
    return { ...verdict, complaints: conversation.complaints.length }
  } finally {
    await conversation.stop()
    await proxy.stop()
  }
}

test('a gateway that keeps its promises passes', async () => {
  const verdict = await judged(() => (payload) => [payload])
  expect(verdict).toMatchObject({ lost: [], doubled: [], disordered: [], complaints: 0 })
  expect(verdict.acknowledged).toBeGreaterThan(6 * AT)
})

test('a gateway that sends a commit twice fails', async () => {
  const verdict = await judged(onMessages((n, payload) => (n === AT ? [payload, payload] : [payload])))
  expect(verdict.doubled).not.toEqual([])
  expect(verdict).toMatchObject({ lost: [], disordered: [] })
})

test('a gateway that sends two commits in the wrong order fails', async () => {
  const verdict = await judged(swapped)
  expect(verdict.disordered).not.toEqual([])
  expect(verdict).toMatchObject({ lost: [], doubled: [] })
})

test('a gateway that leaves a commit out fails', async () => {
  // What is left out never comes: a long wait would only be long.
  const verdict = await judged(
    onMessages((n, payload) => (n === AT ? [] : [payload])),
    5_000,
  )
  expect(verdict.lost).not.toEqual([])
})
