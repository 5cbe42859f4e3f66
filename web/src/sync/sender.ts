import { backoffMs, newId } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { shallowRef } from 'vue'
import { handled } from '../diagnostics/log.js'
import { isUnreachable, reasonOf, retryAfterMs } from '../net/errors.js'
import {
  type Draft,
  inOrder,
  type OutgoingFile,
  type OutgoingMessage,
  type WaitingFile,
  withUploaded,
} from './model/outgoing.js'
import type { OutboxChange, OutboxStorage } from './saved/outbox.js'

export interface SenderParts {
  readonly storage: OutboxStorage
  /** Resolves when the message is in the log. */
  readonly post: (message: OutgoingMessage) => Promise<void>
  readonly upload: (file: WaitingFile) => Promise<OutgoingFile>
  /** Notifies the other windows of this browser. */
  readonly announce?: (change: OutboxChange) => void
  readonly pause?: (ms: number) => Promise<void>
}

/** Temporary reasons: the message is sent again. */
const PASSING = [
  ErrorReason.UNAVAILABLE,
  ErrorReason.RATE_LIMITED,
  ErrorReason.SLOW_MODE,
  ErrorReason.CONTENTION,
  ErrorReason.TOKEN_EXPIRED,
]

/** A posted message comes back through the log, at the latest on the next live connection; after this time it is removed in any case. */
const COMES_BACK_MS = 60_000

/**
 * The outbox of this browser, shared by its windows. The leading window sends the messages: in order within each
 * group, repeatedly until the server has accepted or refused them.
 */
export class Sender {
  readonly outgoing = shallowRef<readonly OutgoingMessage[]>([])
  readonly #busy = new Set<string>()
  readonly #pause: (ms: number) => Promise<void>
  #userId = ''
  #delivering = false
  #wake: () => void = () => undefined
  #woken = new Promise<void>(() => undefined)

  constructor(private readonly parts: SenderParts) {
    this.#pause = parts.pause ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)))
    this.hurry()
  }

  /** Loads what an earlier page has left. */
  async start(userId: string): Promise<void> {
    this.#userId = userId
    await this.#load()
  }

  stop(): void {
    this.#userId = ''
    this.#delivering = false
    this.outgoing.value = []
  }

  /** This window starts or stops leading. It takes over the messages that another window has left. */
  async deliver(on: boolean): Promise<void> {
    this.#delivering = on
    if (!on) return
    await this.#load()
    this.#drainAll()
  }

  /** The server is reachable again: nothing waits for its next attempt. */
  hurry(): void {
    this.#wake()
    this.#woken = new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  /** Another window has changed the outbox. */
  handleChange(change: OutboxChange): void {
    if (change.kind === 'gone') this.#remove(change.id)
    if (change.kind === 'posted') this.#markPosted(change.id)
    if (change.kind !== 'put') return
    if (change.message.userId !== this.#userId) return
    this.#insert(change.message)
    void this.#drain(change.message.groupId)
  }

  /** Errors: nobody is signed in (any more). */
  async send(groupId: string, draft: Draft): Promise<void> {
    if (!this.#userId) throw new Error('signed out')
    // Two messages of one millisecond have an order, too.
    const createdAt = Math.max(Date.now(), (this.outgoing.value.at(-1)?.createdAt ?? 0) + 1)
    const message: OutgoingMessage = { id: newId(), ...draft, userId: this.#userId, groupId, createdAt }
    await this.#put(message)
    void this.#drain(groupId)
  }

  async retry(id: string): Promise<void> {
    const message = this.outgoing.value.find((candidate) => candidate.id === id)
    if (!message) return
    await this.#put({ ...message, refused: undefined })
    void this.#drain(message.groupId)
  }

  /** Also called when the message has come back through the log. */
  async discard(id: string): Promise<void> {
    if (!this.outgoing.value.some((message) => message.id === id)) return
    this.#remove(id)
    this.parts.announce?.({ kind: 'gone', id })
    await this.#forget(id)
  }

  async #load(): Promise<void> {
    const userId = this.#userId
    const kept = await this.parts.storage.of(userId).catch(handled('storage.outbox', 'STORAGE_FAILED'))
    if (this.#userId === userId) for (const message of kept ?? []) this.#insert(message)
  }

  #drainAll(): void {
    for (const groupId of new Set(this.outgoing.value.map((message) => message.groupId))) void this.#drain(groupId)
  }

  async #drain(groupId: string): Promise<void> {
    if (this.#busy.has(groupId)) return
    this.#busy.add(groupId)
    const next = () =>
      this.#delivering
        ? this.outgoing.value.find((one) => one.groupId === groupId && one.refused === undefined && !one.posted)
        : undefined
    for (let message = next(); message; message = next()) await this.#deliver(message)
    this.#busy.delete(groupId)
  }

  async #deliver({ id }: OutgoingMessage): Promise<void> {
    const present = () => this.outgoing.value.find((message) => message.id === id)
    for (let attempt = 0; this.#delivering; attempt++) {
      try {
        const message = await this.#uploaded(present)
        if (!message) return
        await this.parts.post(message)
        this.#markPosted(id)
        this.parts.announce?.({ kind: 'posted', id })
        await this.#forget(id)
        return
      } catch (error) {
        const reason = reasonOf(error)
        const message = present()
        if (!isUnreachable(error) && !PASSING.includes(reason)) {
          if (message) await this.#put({ ...message, refused: ErrorReason[reason] })
          return
        }
        const ms = Math.max(retryAfterMs(error), 200 + backoffMs(attempt, Math.random(), 500, 10_000))
        await Promise.race([this.#pause(ms), this.#woken])
      }
    }
  }

  /** The message with its files on the server; each is stored as soon as it is uploaded. Undefined: discarded meanwhile. */
  async #uploaded(present: () => OutgoingMessage | undefined): Promise<OutgoingMessage | undefined> {
    for (;;) {
      const [waiting] = present()?.waiting ?? []
      if (!waiting) return present()
      const file = await this.parts.upload(waiting)
      const message = present()
      if (!message) return undefined
      const left = message.waiting?.filter(({ localId }) => localId !== waiting.localId) ?? []
      await this.#put({ ...message, files: withUploaded(message.files ?? [], file, waiting.place), waiting: left })
    }
  }

  /** A browser that cannot store (full disk, forbidden) still sends. */
  async #put(message: OutgoingMessage): Promise<void> {
    this.#insert(message)
    await this.parts.storage.put(message).catch(handled('storage.outbox', 'STORAGE_FAILED'))
    this.parts.announce?.({ kind: 'put', message })
  }

  async #forget(id: string): Promise<void> {
    await this.parts.storage.delete(id).catch(handled('storage.outbox', 'STORAGE_FAILED'))
  }

  #markPosted(id: string): void {
    const message = this.outgoing.value.find((one) => one.id === id)
    if (!message) return
    this.#insert({ ...message, posted: true })
    setTimeout(() => this.#remove(id), COMES_BACK_MS)
  }

  #insert(message: OutgoingMessage): void {
    this.outgoing.value = [...this.outgoing.value.filter(({ id }) => id !== message.id), message].sort(inOrder)
  }

  #remove(id: string): void {
    if (this.outgoing.value.some((message) => message.id === id))
      this.outgoing.value = this.outgoing.value.filter((message) => message.id !== id)
  }
}
