import { Refused } from './api.mjs'

/** @typedef {import('./person.mjs').Step} Step */
/** @typedef {import('./person.mjs').Metrics} Metrics */

/** When a room began to wait for the notice that somebody is idle, or no longer idle. */
export class PresenceWatch {
  /** @type {Map<string, { at: number, waiting: number }>} */
  #changed = new Map()

  /** @param {string} userId @param {number} at @param {number} watchers */
  expect(userId, at, watchers) {
    this.#changed.set(userId, { at, waiting: watchers })
  }

  /** @param {string} userId @param {number} now @param {Metrics} metrics */
  heard(userId, now, metrics) {
    const change = this.#changed.get(userId)
    if (!change) return
    metrics.emit('histogram', 'beseda.presence.delivery', now - change.at)
    if (--change.waiting <= 0) this.#changed.delete(userId)
  }
}

/** Subscribes to the presence of everybody in the room. @param {Step} step */
export async function watch({ person: { room, socket, userId } }) {
  if (!room || !socket) throw new Refused('watch_before_connect')
  const userIds = [...room.people].flatMap((other) => (other.userId && other.userId !== userId ? [other.userId] : []))
  socket.send({ case: 'watchPresence', value: { userIds } })
}

/** Becomes idle, or active again. @param {Step} step */
export async function flap({ person, metrics }) {
  const { room, socket, userId } = person
  if (!room || !socket || !userId) throw new Refused('flap_before_connect')
  const idle = !room.idle.delete(userId)
  if (idle) room.idle.add(userId)
  room.presence.expect(userId, performance.now(), room.people.size - 1)
  metrics.emit('counter', 'beseda.presence.changes', 1)
  socket.send({ case: 'setIdle', value: { idle } })
}
