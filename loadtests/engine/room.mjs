import { setTimeout as wait } from 'node:timers/promises'
import { RoomCall } from './calls.mjs'
import { PresenceWatch } from './presence.mjs'

/** What one listener of a room still has to hear. */
export class Listener {
  /** Messages under way to this listener, and when each was sent. @type {Map<string, number>} */
  #expected = new Map()
  /** @type {Set<string>} */
  #heard = new Set()
  /** @type {() => void} */
  #settled = () => {}

  /** @param {{ onDelivered(ms: number): void, onDuplicate(): void }} observer */
  constructor(observer) {
    this.observer = observer
  }

  /** Ids of messages that have not come. */
  get missing() {
    return [...this.#expected.keys()]
  }

  /** @param {string} id @param {number} now */
  expect(id, now) {
    this.#expected.set(id, now)
  }

  /** The message was refused: nobody will hear it. @param {string} id */
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

  /** Resolves when everything expected has come, or the time is up. @param {number} withinMs */
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

/** A group under test: its first visitor opens it, the others come by the invite. */
export class Room {
  /** @type {Set<Listener>} */
  listeners = new Set()
  /** Those who are connected. @type {Set<import('./person.mjs').Person>} */
  people = new Set()
  /** Those who are idle. @type {Set<string>} */
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

  /** Resolves when as many as the room is for have come here, or after a time. @param {number} withinMs */
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
   * @param {() => Promise<{ groupId: string, code: string }>} open makes the group and its invite
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

  /** All who are live now have to hear the message. @param {string} id @param {number} now @returns {() => void} for a refusal */
  announce(id, now) {
    const audience = [...this.listeners]
    for (const listener of audience) listener.expect(id, now)
    return () => {
      for (const listener of audience) listener.forget(id)
    }
  }
}
