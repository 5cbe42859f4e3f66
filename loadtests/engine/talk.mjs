import { randomUUID } from 'node:crypto'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { call, Refused } from './api.mjs'
import { api, timed } from './person.mjs'
import { Listener, Room } from './room.mjs'
import { Socket } from './socket.mjs'

/** @typedef {import('./person.mjs').Step} Step */
/** @typedef {import('./person.mjs').Person} Person */

/** A message that has not arrived this long after the sender stopped is lost. */
const LOST_AFTER_MS = 15_000
/** After this time a person continues without the others. */
const MEET_MS = 60_000

/** The rooms of each campaign in this worker; the last one accepts visitors until it is full. @type {WeakMap<object, Room[]>} */
const roomsOf = new WeakMap()

/** Joins the open room by its invite; `size` visitors fill a room. @param {Step} step */
export async function join(step) {
  const rooms = roomsOf.get(step.metrics) ?? []
  roomsOf.set(step.metrics, rooms)
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

/** Opens a live WebSocket; from now on every message of the room must arrive. @param {Step} step */
export async function connect({ person, target, metrics }) {
  const { room, token } = person
  if (!room || !token) throw new Refused('connect_before_join')
  const listener = new Listener({
    onDelivered: (ms) => metrics.emit('histogram', 'beseda.message.delivery', ms),
    onDuplicate: () => metrics.emit('counter', 'beseda.message.duplicated', 1),
  })
  const socket = new Socket(target, {
    onMessage: ({ messageId }, seq, index) => {
      person.newest = { id: messageId, seq, index }
      listener.hear(messageId, performance.now())
    },
    onPresence: (userId) => room.presence.heard(userId, performance.now(), metrics),
    onCall: (changed) => room.call.changed(changed),
    onClose: (code) => code === 1000 || metrics.emit('counter', `beseda.closed.${code}`, 1),
  })
  await timed(metrics, 'connect', () => socket.join(token))
  Object.assign(person, { listener, socket })
  room.listeners.add(listener)
  room.people.add(person)
}

/** Waits until everybody of the room has reached this point. @param {Step} step */
export async function meet({ person: { room } }) {
  if (!room) throw new Refused('meet_before_join')
  await room.gather(MEET_MS)
}

/** Posts a message and waits until it is acknowledged. @param {Step} step */
export async function post({ person: { room, socket, groupId }, metrics, options }) {
  if (!room || !socket || !groupId) throw new Refused('post_before_connect')
  const messageId = randomUUID()
  const withdraw = room.announce(messageId, performance.now())
  const request = { messageId, groupId, text: String(options.text ?? 'hello'), replyTo: String(options.replyTo ?? '') }
  try {
    await timed(metrics, 'message.post', () => socket.request(GroupService.method.postMessage, request))
    metrics.emit('counter', 'beseda.message.posted', 1)
  } catch (error) {
    withdraw()
    throw error
  }
}

/** Waits for messages in flight, then leaves. Missing messages are counted as lost. @param {Step} step */
export async function leave({ person, metrics }) {
  const { room, listener } = person
  if (!room || !listener) throw new Refused('leave_before_connect')
  room.listeners.delete(listener)
  await listener.settled(LOST_AFTER_MS)
  metrics.emit('counter', 'beseda.message.lost', listener.missing.length)
  hangUp(person)
}

/** However a scenario ends, nobody waits for this person afterwards. @param {Person} person */
export function hangUp(person) {
  const { room, listener, socket } = person
  if (listener) room?.listeners.delete(listener)
  room?.people.delete(person)
  socket?.close()
}
