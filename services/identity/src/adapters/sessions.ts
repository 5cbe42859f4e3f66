import { directGet, whenAnswered } from '@beseda/event-log'
import { SESSIONS_BUCKET } from '@beseda/proto'
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { type KV, Kvm } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/nats-core'
import type { FailureStore } from '../application/sign-in-throttle.js'
import type { Session } from '../domain/session.js'
import type { Failures } from '../domain/throttle.js'

const STREAM = `KV_${SESSIONS_BUCKET}`
/** Subjects of one question to the stream. */
const KEYS_AT_ONCE = 200

export interface SessionKey {
  readonly userId: string
  readonly sessionId: string
}

export interface StoredSession {
  readonly session: Session
  readonly revision: number
}

/** Sessions in a JetStream key-value bucket; every change is a compare-and-set, so that no token is rotated twice. */
export class SessionBucket {
  private constructor(
    private readonly nc: NatsConnection,
    private readonly kv: KV,
    private readonly manager: JetStreamManager,
  ) {}

  static async open(nc: NatsConnection): Promise<SessionBucket> {
    const kv = await whenAnswered(() => new Kvm(nc).open(SESSIONS_BUCKET))
    return new SessionBucket(nc, kv, await jetstreamManager(nc, { checkAPI: false }))
  }

  async create(userId: string, sessionId: string, session: Session): Promise<void> {
    await this.kv.create(`${userId}.${sessionId}`, JSON.stringify(session))
  }

  async get(userId: string, sessionId: string): Promise<StoredSession | undefined> {
    const entry = await this.kv.get(`${userId}.${sessionId}`)
    if (entry?.operation !== 'PUT') return undefined
    return { session: entry.json<Session>(), revision: entry.revision }
  }

  /** False: somebody else changed it since. */
  async replace(userId: string, sessionId: string, session: Session, revision: number): Promise<boolean> {
    return replaced(() => this.kv.update(`${userId}.${sessionId}`, JSON.stringify(session), revision))
  }

  async delete(userId: string, sessionId: string): Promise<void> {
    await this.kv.delete(`${userId}.${sessionId}`)
  }

  /**
   * Those of these sessions that were deleted: a mark stands in their place. Asked of any replica, so that it may say so of a
   * deletion a little later than it happened, but never of a session that lives.
   */
  async deleted<Key extends SessionKey>(keys: readonly Key[]): Promise<Key[]> {
    const deleted = new Set<string>()
    for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
      const subjects = keys.slice(at, at + KEYS_AT_ONCE).map(subjectOf)
      const { messages } = await directGet(this.nc, STREAM, { multi_last: subjects })
      for (const { headers } of messages) {
        if (headers?.has('KV-Operation')) deleted.add(headers.get('Nats-Subject'))
      }
    }
    return keys.filter((key) => deleted.has(subjectOf(key)))
  }

  /** Not by `kv.keys`: its consumers stay for minutes, and after a thousand of them nobody gets an answer. */
  async list(userId: string): Promise<ReadonlyMap<string, Session>> {
    const filter = { subjects_filter: `$KV.${SESSIONS_BUCKET}.${userId}.*` }
    const { state } = await this.manager.streams.info(STREAM, filter)
    const sessionIds = Object.keys(state.subjects ?? {}).map((subject) => subject.split('.').at(-1) ?? '')
    const found = await Promise.all(sessionIds.map(async (id) => [id, await this.get(userId, id)] as const))
    return new Map(found.flatMap(([id, stored]) => (stored ? [[id, stored.session]] : [])))
  }
}

const subjectOf = ({ userId, sessionId }: SessionKey): string => `$KV.${SESSIONS_BUCKET}.${userId}.${sessionId}`

/** False: somebody else was faster. */
async function replaced(update: () => Promise<unknown>): Promise<boolean> {
  try {
    await update()
    return true
  } catch (error) {
    if (error instanceof Error && /wrong last sequence/i.test(error.message)) return false
    throw error
  }
}

/** Wrong passwords, in the bucket of sessions: they expire with it. */
export class FailureBucket implements FailureStore {
  private constructor(private readonly kv: KV) {}

  static async open(nc: NatsConnection): Promise<FailureBucket> {
    return new FailureBucket(await whenAnswered(() => new Kvm(nc).open(SESSIONS_BUCKET)))
  }

  /** What was deleted has a revision too, without which nothing can be put in its place. */
  async get(userId: string) {
    const entry = await this.kv.get(keyOf(userId))
    if (!entry) return undefined
    const failures = entry.operation === 'PUT' ? entry.json<Failures>() : { count: 0, at: 0 }
    return { failures, revision: entry.revision }
  }

  put(userId: string, failures: Failures, revision: number): Promise<boolean> {
    const [key, text] = [keyOf(userId), JSON.stringify(failures)]
    return replaced(() => (revision > 0 ? this.kv.update(key, text, revision) : this.kv.create(key, text)))
  }

  async delete(userId: string): Promise<void> {
    await this.kv.delete(keyOf(userId))
  }
}

const keyOf = (userId: string): string => `failures.${userId}`
