import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { CallService } from '@beseda/proto/call/v1/call_service'
import { Refused } from './api.mjs'
import { timed } from './person.mjs'
import { enterRoom } from './sfu.mjs'

/** @typedef {import('./person.mjs').Step} Step */

const TOGETHER_MS = 15_000

/** The call of a room: the first visitor starts it, and all wait until everybody takes part. */
export class RoomCall {
  /** @type {Promise<string> | undefined} */
  #started
  #present = 0
  /** @type {(() => void)[]} */
  #waiting = []

  /** @param {() => Promise<string>} start @returns {Promise<{ callId: string, mine: boolean }>} */
  async enter(start) {
    const mine = this.#started === undefined
    this.#started ??= start()
    return { callId: await this.#started, mine }
  }

  /** Receives a call state. @param {number} participants */
  changed(participants) {
    this.#present = participants
    for (const look of this.#waiting.splice(0)) look()
  }

  /** Resolves when this many take part. @param {number} participants */
  async together(participants) {
    const deadline = performance.now() + TOGETHER_MS
    while (this.#present < participants) {
      if (performance.now() > deadline) throw new Refused('call.not_together')
      const { promise, resolve } = Promise.withResolvers()
      this.#waiting.push(() => resolve(undefined))
      await Promise.race([promise, wait(500)])
    }
  }

  end() {
    this.#started = undefined
    this.#present = 0
  }
}

/** Joins the room's call, waits until everybody is in it, and leaves after `seconds`; `sfu`: its media would go through an SFU. @param {Step} step */
export async function call({ person: { room, socket, groupId }, metrics, options }) {
  if (!room || !socket || !groupId) throw new Refused('call_before_connect')
  const { callId, mine } = await room.call.enter(async () => {
    const request = { callId: randomUUID(), groupId }
    const { call } = await timed(metrics, 'call.start', () => socket.request(CallService.method.startCall, request))
    return call?.id ?? ''
  })
  if (!mine) {
    await timed(metrics, 'call.join', () => socket.request(CallService.method.joinCall, { callId, groupId }))
  }
  const began = performance.now()
  await room.call.together(room.people.size)
  metrics.emit('histogram', 'beseda.call.together', performance.now() - began)
  if (options.sfu) await enterRoom({ socket, groupId, callId }, metrics)
  await wait(Number(options.seconds ?? 5) * 1_000)
  await timed(metrics, 'call.leave', () => socket.request(CallService.method.leaveCall, { callId, groupId }))
  metrics.emit('counter', 'beseda.call.held', 1)
}
