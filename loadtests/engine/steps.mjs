import { randomUUID } from 'node:crypto'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { call, Refused } from './api.mjs'
import { Listener, Room } from './room.mjs'
import { Socket } from './socket.mjs'

/** One virtual person. */
/** @typedef {{ token?: string, groupId?: string, room?: Room, socket?: Socket, listener?: Listener }} Person */
/** @typedef {{ emit(event: 'counter' | 'histogram', name: string, value: number): unknown }} Metrics */
/** What a step works with. `options` come from the scenario. */
/** @typedef {{ person: Person, target: string, metrics: Metrics, options: Record<string, unknown> }} Step */

/** A message that has not come this long after the sender stopped is lost. */
const LOST_AFTER_MS = 15_000
const PASSWORD = 'load-test-password'

/** The rooms of this worker; the last one takes visitors until it is full. @type {Room[]} */
const rooms = []

const api = (/** @type {Step} */ { person: { token }, target, metrics }) => ({
  target,
  onLimited: () => void metrics.emit('counter', 'beseda.rate_limited', 1),
  ...(token ? { token } : {}),
})

/** An account of its own, signed in. @param {Step} step */
export async function register(step) {
  const id = randomUUID()
  const { tokens } = await call(api(step), IdentityService.method.register, {
    commandId: id,
    username: `load-${id.slice(0, 13)}`,
    displayName: 'Load Test',
    password: PASSWORD,
    device: { id: randomUUID(), name: 'Artillery' },
  })
  if (!tokens) throw new Refused('register.no_tokens')
  step.person.token = tokens.accessToken
}

/** Into the open room, through its invite; `size` visitors fill a room. @param {Step} step */
export async function join(step) {
  const last = rooms.at(-1)
  const room = last && !last.full ? last : new Room(Number(step.options.size ?? 20))
  if (room !== last) rooms.push(room)
  step.person.room = room
  step.person.groupId = await room.enter(
    () => openRoom(step),
    (code) => call(api(step), MembershipService.method.acceptInvite, { commandId: randomUUID(), code }),
  )
}

/** @param {Step} step */
async function openRoom(step) {
  const { group } = await call(api(step), GroupService.method.createGroup, {
    commandId: randomUUID(),
    kind: GroupKind.GROUP,
    name: 'Load test',
  })
  const groupId = group?.id ?? ''
  const { code } = await call(api(step), MembershipService.method.createInvite, { commandId: randomUUID(), groupId })
  return { groupId, code }
}

/** A live WebSocket; from now on every message of the room has to come. @param {Step} step */
export async function connect({ person, target, metrics }) {
  const { room, token } = person
  if (!room || !token) throw new Refused('connect_before_join')
  const listener = new Listener({
    onDelivered: (ms) => metrics.emit('histogram', 'beseda.message.delivery', ms),
    onDuplicate: () => metrics.emit('counter', 'beseda.message.duplicated', 1),
  })
  const socket = new Socket(target, {
    onMessage: (id) => listener.hear(id, performance.now()),
    onClose: (code) => code === 1000 || metrics.emit('counter', `beseda.closed.${code}`, 1),
  })
  const began = performance.now()
  await socket.join(token)
  metrics.emit('histogram', 'beseda.connect', performance.now() - began)
  Object.assign(person, { listener, socket })
  room.listeners.add(listener)
}

/** Says something and waits until it is acknowledged. @param {Step} step */
export async function post({ person: { room, socket, groupId }, metrics, options }) {
  if (!room || !socket || !groupId) throw new Refused('post_before_connect')
  const messageId = randomUUID()
  const began = performance.now()
  const withdraw = room.announce(messageId, began)
  try {
    await socket.request(GroupService.method.postMessage, { messageId, groupId, text: String(options.text ?? 'hello') })
    metrics.emit('histogram', 'beseda.message.post', performance.now() - began)
    metrics.emit('counter', 'beseda.message.posted', 1)
  } catch (error) {
    withdraw()
    throw error
  }
}

/** Hears out what is under way, then goes. What did not come is counted as lost. @param {Step} step */
export async function leave({ person, metrics }) {
  const { room, listener } = person
  if (!room || !listener) throw new Refused('leave_before_connect')
  room.listeners.delete(listener)
  await listener.settled(LOST_AFTER_MS)
  metrics.emit('counter', 'beseda.message.lost', listener.missing.length)
  hangUp(person)
}

/** However a scenario ends, nobody waits for this person any more. @param {Person} person */
export function hangUp({ room, listener, socket }) {
  if (listener) room?.listeners.delete(listener)
  socket?.close()
}
