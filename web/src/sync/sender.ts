import { backoffMs, newId } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { shallowRef } from 'vue'
import { isUnreachable, reasonOf, retryAfterMs } from '../net/errors.js'
import type { Draft, OutboxStorage, OutgoingMessage } from './outbox.js'

export interface SenderParts {
  readonly storage: OutboxStorage
  /** Resolves when the message is in the log. */
  readonly post: (message: OutgoingMessage) => Promise<void>
  readonly pause?: (ms: number) => Promise<void>
}

/** Reasons that pass by themselves. */
const PASSING = [
  ErrorReason.UNAVAILABLE,
  ErrorReason.RATE_LIMITED,
  ErrorReason.SLOW_MODE,
  ErrorReason.CONTENTION,
  ErrorReason.TOKEN_EXPIRED,
]

/** Sends what is in the outbox: one after another in each group, again and again until the server has said yes or no. */
export class Sender {
  readonly outgoing = shallowRef<readonly OutgoingMessage[]>([])
  readonly #busy = new Set<string>()
  readonly #pause: (ms: number) => Promise<void>
  #userId = ''

  constructor(private readonly parts: SenderParts) {
    this.#pause = parts.pause ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)))
  }

  /** Takes up what an earlier page has left. */
  async start(userId: string): Promise<void> {
    this.#userId = userId
    this.outgoing.value = await this.parts.storage.of(userId)
    for (const groupId of new Set(this.outgoing.value.map((message) => message.groupId))) void this.#drain(groupId)
  }

  stop(): void {
    this.#userId = ''
    this.outgoing.value = []
  }

  async send(groupId: string, draft: Draft): Promise<void> {
    const message: OutgoingMessage = { ...draft, id: newId(), userId: this.#userId, groupId, createdAt: Date.now() }
    this.outgoing.value = [...this.outgoing.value, message]
    await this.parts.storage.put(message)
    void this.#drain(groupId)
  }

  async retry(id: string): Promise<void> {
    const message = this.outgoing.value.find((candidate) => candidate.id === id)
    if (!message) return
    await this.#replace({ ...message, refused: undefined })
    void this.#drain(message.groupId)
  }

  /** Also called when the message has come back through the log. */
  async discard(id: string): Promise<void> {
    this.outgoing.value = this.outgoing.value.filter((message) => message.id !== id)
    await this.parts.storage.delete(id)
  }

  async #drain(groupId: string): Promise<void> {
    if (this.#busy.has(groupId)) return
    this.#busy.add(groupId)
    const next = () =>
      this.outgoing.value.find((message) => message.groupId === groupId && message.refused === undefined)
    for (let message = next(); message; message = next()) await this.#deliver(message)
    this.#busy.delete(groupId)
  }

  async #deliver(message: OutgoingMessage): Promise<void> {
    const waiting = () => this.outgoing.value.includes(message)
    for (let attempt = 0; waiting(); attempt++) {
      try {
        await this.parts.post(message)
        await this.discard(message.id)
        return
      } catch (error) {
        const reason = reasonOf(error)
        if (!isUnreachable(error) && !PASSING.includes(reason)) {
          if (waiting()) await this.#replace({ ...message, refused: ErrorReason[reason] })
          return
        }
        await this.#pause(Math.max(retryAfterMs(error), 200 + backoffMs(attempt, Math.random(), 500, 10_000)))
      }
    }
  }

  async #replace(message: OutgoingMessage): Promise<void> {
    this.outgoing.value = this.outgoing.value.map((other) => (other.id === message.id ? message : other))
    await this.parts.storage.put(message)
  }
}
