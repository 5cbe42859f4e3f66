import { setTimeout as wait } from 'node:timers/promises'
import { RoomCall } from './calls.mjs'
import { PresenceWatch } from './presence.mjs'

/** The messages that one listener of a room has still to receive. */
export class Listener {
  /** Messages in flight to this listener, with the time of sending. @type {Map<string, number>} */
  #expected = new Map()
  /** @type {Set<string>} */
  #heard = new Set()
  /** @type {() => void} */
  #settled = () => {}

  /** @param {{ onDelivered(ms: number): void, onDuplicate(): void }} observer */
  constructor(observer) {
    this.observer = observer
  }

  /** Ids of messages that have not arrived. */
  get missing() {
    return [...this.#expected.keys()]
  }

  /** @param {string} id @param {number} now */
  expect(id, now) {
    this.#expected.set(id, now)
  }

  /** The message was refused: nobody will receive it. @param {string} id */
  forget(id) {
    this.#expected.delete(id)
    if (this.#expected.size === 0) this.#settled()
  }

  /** @param {string} id @param {number} now */
  hear(id, now) {
    if (this.#heard.has(id)) return this.observer.onDuplicate()
    this.#heard.add(id)
    const sent = this.#expected.get(id)
    if (sent === undefined) return
    this.observer.onDelivered(now - sent)
    this.forget(id)
  }

  /** Resolves when everything expected has arrived, or at the timeout. @param {number} withinMs */
  settled(withinMs) {
    if (this.#expected.size === 0) return Promise.resolve()
    return new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      const timer = setTimeout(resolve, withinMs)
      this.#settled = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** A group under test: its first visitor creates it, the others join by the invite. */
export class Room {
  /** @type {Set<Listener>} */
  listeners = new Set()
  /** People who are connected. @type {Set<import('./person.mjs').Person>} */
  people = new Set()
  /** Ids of people who are idle. @type {Set<string>} */
  idle = new Set()
  presence = new PresenceWatch()
  call = new RoomCall()
  #visitors = 0
  #here = 0
  /** @type {PromiseWithResolvers<undefined> | undefined} */
  #gathered
  /** @type {Promise<{ groupId: string, code: string }> | undefined} */
  #opened

  /** @param {number} size visitors until the room is full */
  constructor(size) {
    this.size = size
  }

  /** Resolves when the room is full at this point, or at the timeout. @param {number} withinMs */
  async gather(withinMs) {
    this.#gathered ??= Promise.withResolvers()
    const { promise, resolve } = this.#gathered
    if (++this.#here >= this.size) {
      this.#here = 0
      this.#gathered = undefined
      this.call.end()
      resolve(undefined)
    }
    await Promise.race([promise, wait(withinMs, undefined, { ref: false })])
  }

  get full() {
    return this.#visitors >= this.size
  }

  /**
   * @param {() => Promise<{ groupId: string, code: string }>} open creates the group and its invite
   * @param {(code: string) => Promise<unknown>} accept joins by the invite
   * @returns {Promise<string>} the group's id
   */
  async enter(open, accept) {
    this.#visitors++
    if (!this.#opened) {
      this.#opened = open()
      return (await this.#opened).groupId
    }
    const { groupId, code } = await this.#opened
    await accept(code)
    return groupId
  }

  /** Everybody who is live now must receive the message. @param {string} id @param {number} now @returns {() => void} to call on a refusal */
  announce(id, now) {
    const audience = [...this.listeners]
    for (const listener of audience) listener.expect(id, now)
    return () => {
      for (const listener of audience) listener.forget(id)
    }
  }
}
