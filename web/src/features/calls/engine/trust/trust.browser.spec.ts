import type { OutgoingSignal } from '@beseda/proto/gateway/v1/frames'
import { OutgoingSignalSchema } from '@beseda/proto/gateway/v1/frames'
import { clone } from '@bufbuild/protobuf'
import { afterEach, expect, test, vi } from 'vitest'
import { callCode } from '../../../../keys/codes.js'
import { keysInMemory } from '../../../../keys/memory.js'
import { ownKeyOf } from '../../../../keys/own-key.js'
import { type Person, TestCall } from '../testing.js'

/** Who can listen to a call between real peer connections when the gateway lies. */
let call: TestCall
afterEach(() => call.close())

const linkOf = (person: Person) => person.mesh.peers[0]!.link
const connected = (...people: Person[]) =>
  vi.waitFor(() => expect(people.map((person) => linkOf(person).state)).toEqual(people.map(() => 'connected')))
const refused = (person: Person, where: string, why: string) =>
  vi.waitFor(() => expect(linkOf(person).refusal).toMatchObject({ where, why }))

async function pair(): Promise<[Person, Person]> {
  call = new TestCall()
  return [await call.add('ann'), await call.add('bob')]
}

/** Changes every description of one sender on its way. */
function meddleWith(sender: Person, change: (description: { sdp: string; signature: Uint8Array }) => void): void {
  call.meddle = (frame) => {
    if (!sender.sent.includes(frame) || frame.signal?.signal.case !== 'description') return frame
    const changed: OutgoingSignal = clone(OutgoingSignalSchema, frame)
    if (changed.signal?.signal.case === 'description') change(changed.signal.signal.value)
    return changed
  }
}
const swapFingerprint = (description: { sdp: string }) => {
  const other = Array(32).fill('AB').join(':')
  description.sdp = description.sdp.replace(/(a=fingerprint:sha-256 )\S+/g, `$1${other}`)
}

/** ann makes the offers, bob answers. */
test.each(['ann', 'bob'])('a swapped fingerprint of %s is not answered, and both see why', async (name) => {
  const [ann, bob] = await pair()
  const [sender, receiver] = name === 'ann' ? [ann, bob] : [bob, ann]
  meddleWith(sender, swapFingerprint)
  call.update()
  await Promise.all([refused(receiver, 'here', 'forged'), refused(sender, 'there', 'forged')])
  expect([linkOf(ann).state, linkOf(bob).state]).toEqual(['connecting', 'connecting'])
})

test('a description without a signature is not answered, and both see why', async () => {
  const [ann, bob] = await pair()
  meddleWith(ann, (description) => {
    description.signature = new Uint8Array()
  })
  call.update()
  await Promise.all([refused(bob, 'here', 'unsigned'), refused(ann, 'there', 'unsigned')])
  expect(bob.sent.some(({ signal }) => signal?.signal.case === 'description')).toBe(false)
})

test('a signature of another description does not do', async () => {
  const [ann, bob] = await pair()
  meddleWith(ann, (description) => {
    description.signature = description.signature.map((byte, i) => (i === 0 ? byte ^ 1 : byte))
  })
  call.update()
  await refused(bob, 'here', 'forged')
})

test('somebody without a published key is not answered, and both see why', async () => {
  const [ann, bob] = await pair()
  call.listed.delete('ann')
  call.update()
  await Promise.all([refused(bob, 'here', 'noKey'), refused(ann, 'there', 'noKey')])
})

test('a key that is published a moment later is found', async () => {
  const [ann, bob] = await pair()
  call.listed.delete('ann')
  call.update()
  setTimeout(() => call.listed.set('ann', [ann.keys.own]), 400)
  await connected(ann, bob)
})

/** ann would otherwise wait for an answer that she has refused. */
test.each(['ann', 'bob'])('once the gateway passes on what %s sends, the devices connect', async (name) => {
  const [ann, bob] = await pair()
  const [sender, receiver] = name === 'ann' ? [ann, bob] : [bob, ann]
  meddleWith(sender, swapFingerprint)
  call.update()
  await refused(receiver, 'here', 'forged')
  call.meddle = (frame) => frame
  await connected(ann, bob)
  expect([linkOf(ann).refusal, linkOf(bob).refusal]).toEqual([undefined, undefined])
})

/** Another browser of ann: another key. */
async function withNewKey(ann: Person): Promise<void> {
  const own = await ownKeyOf(keysInMemory(), ann.device)
  call.listed.set('ann', [own])
  ann.mesh.close()
  ann.mesh = call.page(ann, { keys: { ...ann.keys, own } })
}

test('a new key of somebody who is known is marked as new, and the call goes on', async () => {
  const [ann, bob] = await pair()
  call.update()
  await connected(ann, bob)
  expect(linkOf(bob).peerKey?.trust).toBe('seen')
  await withNewKey(ann)
  call.update()
  await connected(ann, bob)
  await vi.waitFor(() => expect(linkOf(bob).peerKey?.trust).toBe('new'))
})

test('a new key of somebody who was verified is not answered until it is accepted', async () => {
  const [ann, bob] = await pair()
  await bob.keys.book.trust('ann', [ann.keys.own], 'verified')
  await withNewKey(ann)
  call.update()
  await Promise.all([refused(bob, 'here', 'keyChanged'), refused(ann, 'there', 'keyChanged')])
  await bob.keys.book.trust('ann', [linkOf(bob).refusal!.key!], 'seen')
  bob.mesh.tryAgain('ann')
  await connected(ann, bob)
  expect(linkOf(bob).peerKey?.trust).toBe('seen')
})

test('a server that gives each of two people a key of its own shows them different codes', async () => {
  const [ann, bob] = await pair()
  const eve = await ownKeyOf(keysInMemory(), ann.device)
  const truth = [ann.keys.own, bob.keys.own]
  expect(await callCode('call', truth)).toEqual(await callCode('call', truth.toReversed()))
  expect(await callCode('call', [eve, bob.keys.own])).not.toEqual(await callCode('call', truth))
})
