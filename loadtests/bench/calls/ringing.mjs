import { newId } from '@beseda/kernel'
import { InviteeState } from '@beseda/proto/call/v1/call_service'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { apiClient, Device, PASSWORD, Person } from '@beseda/testkit'
import { timesOf } from '../lib/measure.mjs'

/** @typedef {{ caller: Person, callee: Person, groupId: string, phone: Device, tablet: Device }} Pair the callee has two devices */

/** @param {string} url @param {number} count */
export async function pairsOf(url, count) {
  /** @type {Pair[]} */
  const pairs = []
  while (pairs.length < count) pairs.push(await pairOf(url))
  return pairs
}

/** @param {string} url @returns {Promise<Pair>} */
async function pairOf(url) {
  const [caller, callee] = [await Person.register(url, 'Caller'), await Person.register(url, 'Callee')]
  const creation = { commandId: newId(), kind: GroupKind.DIRECT, memberIds: [callee.userId] }
  const { group } = await caller.groups.createGroup(creation)
  const device = { id: newId(), name: 'Tablet' }
  const address = `10.1.${pairCount >> 8}.${pairCount++ & 255}`
  const signIn = { username: callee.username, password: PASSWORD, device }
  const { tokens } = await apiClient(IdentityService, url, undefined, address).signIn(signIn)
  const [phone, tablet] = [await callee.connect(), await Device.connect(url, tokens?.accessToken ?? '')]
  return { caller, callee, groupId: group?.id ?? '', phone, tablet }
}
let pairCount = 0

/** Each pair rings `calls` times after one warm-up. @param {readonly Pair[]} pairs @param {number} calls */
export async function ringThem(pairs, calls) {
  /** @type {{ rings: number[], stops: number[], joins: number[] }} */
  const times = { rings: [], stops: [], joins: [] }
  for (let n = 0; n <= calls; n++) {
    for (const pair of pairs) {
      const { ring, stop, join } = await call(pair)
      if (n === 0) continue
      times.rings.push(ring)
      times.stops.push(stop)
      times.joins.push(join)
    }
  }
  return { rings: timesOf(times.rings), stops: timesOf(times.stops), joins: timesOf(times.joins) }
}

/** @param {Pair} pair */
async function call({ caller, callee, groupId, phone, tablet }) {
  const callId = newId()
  const is =
    (/** @type {InviteeState} */ state) =>
    (/** @type {import('@beseda/proto/call/v1/call_service').CallChanged} */ { call: picture }) =>
      picture?.id === callId && picture.invitees.some((invitee) => invitee.state === state)
  const began = performance.now()
  const rung = phone.next('callChanged', is(InviteeState.RINGING)).then(() => performance.now() - began)
  await caller.calls.startCall({ callId, groupId })
  const ring = await rung
  const answered = performance.now()
  const stopped = tablet.next('callChanged', is(InviteeState.JOINED)).then(() => performance.now() - answered)
  await callee.calls.joinCall({ callId, groupId })
  const join = performance.now() - answered
  const stop = await stopped
  await caller.calls.leaveCall({ callId, groupId })
  return { ring, stop, join }
}
