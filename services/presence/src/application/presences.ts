import type { RedisDeadlines, RedisDocuments } from '@beseda/platform'
import { presenceSubject } from '@beseda/proto'
import { type Presence, PresenceSchema, Status } from '@beseda/proto/presence/v1/presence_service'
import { create, toBinary } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { NatsConnection } from '@nats-io/nats-core'
import {
  attentionOf,
  choose,
  type DeviceReport,
  expire,
  nextExpiry,
  type PresenceDocument,
  report,
} from '../domain/presence.js'

/** Who is there. Every change of what others see is published once, whoever makes it. */
export class Presences {
  constructor(
    private readonly people: RedisDocuments<PresenceDocument>,
    private readonly deadlines: RedisDeadlines,
    private readonly nats: NatsConnection,
  ) {}

  async report(userId: string, devices: readonly DeviceReport[], now: number): Promise<void> {
    await this.#change(userId, (person) => report(person, devices, now))
  }

  async choose(userId: string, choice: Status, now: number): Promise<void> {
    await this.#change(userId, (person) => choose(person, choice, now))
  }

  /** Lets go of what a dead gateway had reported. */
  async sweep(now: number): Promise<void> {
    const due = await this.deadlines.due(now)
    await Promise.all(due.map((userId) => this.#change(userId, (person) => expire(person, now))))
  }

  /** As others see them; the asking person sees their own choice. */
  async of(userIds: readonly string[], askedBy: string): Promise<Presence[]> {
    const documents = await this.people.getMany(userIds)
    return userIds.map((userId, i) => {
      const person = documents[i]
      const invisible = userId === askedBy && person?.choice === Status.INVISIBLE
      return presenceOf(userId, person, invisible ? Status.INVISIBLE : (person?.shown ?? Status.OFFLINE))
    })
  }

  /** As they are, however they show themselves. */
  async attention(userIds: readonly string[]): Promise<{ userId: string; active: boolean; doNotDisturb: boolean }[]> {
    const documents = await this.people.getMany(userIds)
    return userIds.map((userId, i) => ({ userId, ...attentionOf(documents[i]) }))
  }

  async #change(userId: string, change: (person: PresenceDocument | undefined) => PresenceDocument): Promise<void> {
    const { document, result: changed } = await this.people.update(userId, (before) => {
      const after = change(before)
      return { document: after, result: after.shown !== (before?.shown ?? Status.OFFLINE) }
    })
    if (!document) return
    await this.deadlines.set(userId, nextExpiry(document))
    if (changed) {
      const message = toBinary(PresenceSchema, presenceOf(userId, document, document.shown))
      this.nats.publish(presenceSubject(userId), message)
    }
  }
}

const presenceOf = (userId: string, person: PresenceDocument | undefined, status: Status): Presence =>
  create(PresenceSchema, {
    userId,
    status,
    ...(person && person.lastSeenAt > 0 && person.choice !== Status.INVISIBLE
      ? { lastSeenAt: timestampFromMs(person.lastSeenAt) }
      : {}),
  })
