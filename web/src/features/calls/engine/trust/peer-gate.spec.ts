import { RefusalReason, type Signal, SignalSchema } from '@beseda/proto/gateway/v1/frames'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import type { Checked } from './link-guard.js'
import { PeerGate } from './peer-gate.js'

const offer = (sdp: string, signature = new Uint8Array(1)): Signal =>
  create(SignalSchema, { signal: { case: 'description', value: { type: 'offer', sdp, signature } } })
const candidate = (text: string): Signal =>
  create(SignalSchema, { signal: { case: 'candidate', value: { candidate: text } } })
const said = ({ signal }: Signal): string => {
  if (signal.case === 'description') return `${signal.value.sdp} (${signal.value.signature.length})`
  if (signal.case === 'candidate') return signal.value.candidate
  return signal.case === 'refused' ? `refused: ${RefusalReason[signal.value.reason]}` : ''
}
const TRUSTED: Checked = { key: {} as never, trust: 'seen' }
const settled = () => new Promise((resolve) => setTimeout(resolve))

/** A gate whose guard answers when the test says. */
function gate() {
  const did: string[] = []
  const asked: ((checked: Checked) => void)[] = []
  const signing: (() => void)[] = []
  const made = new PeerGate({
    guard: {
      sign: () => new Promise((resolve) => signing.push(() => resolve(new Uint8Array(64)))),
      check: () => new Promise((resolve) => asked.push(resolve)),
    },
    send: (signal, round) => did.push(`sends ${said(signal)} in ${round}`),
    pass: (signal, round) => did.push(`uses ${said(signal)} in ${round}`),
    onRefused: () => did.push('will try again'),
    onChange: () => undefined,
  })
  return { gate: made, did, asked, signing }
}

test('what is sent keeps its order, and a description waits for its signature', async () => {
  const { gate: it, did, signing } = gate()
  it.send(offer('offer'), 1)
  it.send(candidate('one'), 1)
  expect(did).toEqual([])
  signing[0]?.()
  await settled()
  expect(did).toEqual(['sends offer (64) in 1', 'sends one in 1'])
  it.send(candidate('two'), 1)
  expect(did.at(-1)).toBe('sends two in 1')
})

test('what is received keeps its order, and a description is used only when it was checked', async () => {
  const { gate: it, did, asked } = gate()
  it.receive(offer('offer'), 1)
  it.receive(candidate('one'), 1)
  await settled()
  expect(did).toEqual([])
  asked[0]?.(TRUSTED)
  await settled()
  expect(did).toEqual(['uses offer (1) in 1', 'uses one in 1'])
  expect([it.peerKey?.trust, it.refusal]).toEqual(['seen', undefined])
})

test('one that is not believed is used never, and the other device is told in the same round', async () => {
  const { gate: it, did, asked } = gate()
  it.receive(offer('offer'), 7)
  asked[0]?.({ why: 'forged' })
  await settled()
  expect(did).toEqual(['sends refused: FORGED in 7', 'will try again'])
  expect([it.refusal, it.peerKey]).toEqual([{ where: 'here', why: 'forged' }, undefined])
  it.receive(offer('another'), 8)
  asked[1]?.(TRUSTED)
  await settled()
  expect(it.refusal).toBeUndefined()
})

test('what the other device refused is known; a reason of a newer client counts as the gravest', () => {
  const { gate: it } = gate()
  const refused = (reason: number) => create(SignalSchema, { signal: { case: 'refused', value: { reason } } })
  it.receive(refused(RefusalReason.KEY_CHANGED), 1)
  expect(it.refusal).toEqual({ where: 'there', why: 'keyChanged' })
  it.receive(refused(99), 1)
  expect(it.refusal).toEqual({ where: 'there', why: 'forged' })
  it.forgive()
  expect(it.refusal).toBeUndefined()
})

test.each([
  ['of a page that is gone', (it: PeerGate) => it.meetAnew()],
  ['of a link that is closed', (it: PeerGate) => it.close()],
])('a signal %s is void, although it was being checked', async (_, end) => {
  const { gate: it, did, asked } = gate()
  it.receive(offer('offer'), 1)
  it.receive(candidate('one'), 1)
  end(it)
  asked[0]?.(TRUSTED)
  await settled()
  expect(did).toEqual([])
})

test('nothing is sent over a closed link, although it was being signed', async () => {
  const { gate: it, did, signing } = gate()
  it.send(offer('offer'), 1)
  it.close()
  signing[0]?.()
  await settled()
  expect(did).toEqual([])
})
