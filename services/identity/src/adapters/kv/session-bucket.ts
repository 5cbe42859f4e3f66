import { directGet, storing, unlessOutrun, whenAnswered } from '@beseda/event-log'
import { isUuid } from '@beseda/kernel'
import { SESSIONS_BUCKET } from '@beseda/proto'
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { type KV, Kvm } from '@nats-io/kv'
import type { MsgHdrs, NatsConnection } from '@nats-io/nats-core'
import type { EndedSessions, SessionKey, SessionStore, StoredSession } from '../../application/sessions/ports.js'
import type { Session } from '../../domain/sessions/session.js'

const STREAM = `KV_${SESSIONS_BUCKET}`
/** Changes of the bucket in one page. */
const CHANGES_AT_ONCE = 1_000
/** Subjects in one request to the stream. */
const KEYS_AT_ONCE = 200

/** Sessions in a JetStream key-value bucket. Every change is a compare-and-set, so that no token is rotated twice. */
export class SessionBucket implements SessionStore {
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
    await storing(() => this.kv.create(`${userId}.${sessionId}`, JSON.stringify(session)))
  }

  async get(userId: string, sessionId: string): Promise<StoredSession | undefined> {
    const entry = await this.kv.get(`${userId}.${sessionId}`)
    if (entry?.operation !== 'PUT') return undefined
    return { session: entry.json<Session>(), revision: entry.revision }
  }

  async replace(userId: string, sessionId: string, session: Session, revision: number): Promise<boolean> {
    return unlessOutrun(() =>
      storing(() => this.kv.update(`${userId}.${sessionId}`, JSON.stringify(session), revision)),
    )
  }

  async delete(userId: string, sessionId: string): Promise<void> {
    await this.kv.delete(`${userId}.${sessionId}`)
  }

  /** A deleted key leaves a marker. Any replica of the stream answers, so that a marker may be seen a little late. */
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

  async deletedSince(cursor: number, since: Date): Promise<EndedSessions> {
    const from = cursor > 0 ? { seq: cursor + 1 } : { start_time: since.toISOString() }
    const query = { ...from, next_by_subj: `$KV.${SESSIONS_BUCKET}.*.*`, batch: CHANGES_AT_ONCE }
    const { messages } = await directGet(this.nc, STREAM, query)
    // A cursor beyond the end is one of a bucket that was replaced. Only an empty answer can hide that.
    if (cursor > 0 && messages.length === 0 && cursor > (await this.manager.streams.info(STREAM)).state.last_seq) {
      return this.deletedSince(0, since)
    }
    const ended = messages.flatMap(({ headers }) => (headers?.has('KV-Operation') ? keyIn(headers) : []))
    const last = Number(messages.at(-1)?.headers?.get('Nats-Sequence') ?? cursor)
    return { ended, cursor: last, hasMore: messages.length >= CHANGES_AT_ONCE }
  }

  /** Not by `kv.keys`: its consumers stay for minutes, and after a thousand of them the server answers nobody. */
  async list(userId: string): Promise<ReadonlyMap<string, Session>> {
    const filter = { subjects_filter: `$KV.${SESSIONS_BUCKET}.${userId}.*` }
    const { state } = await this.manager.streams.info(STREAM, filter)
    const sessionIds = Object.keys(state.subjects ?? {}).map((subject) => subject.split('.').at(-1) ?? '')
    const found = await Promise.all(sessionIds.map(async (id) => [id, await this.get(userId, id)] as const))
    return new Map(found.flatMap(([id, stored]) => (stored ? [[id, stored.session]] : [])))
  }
}

/** Of a session; the bucket has other keys, too. */
function keyIn(headers: MsgHdrs): SessionKey[] {
  const [userId = '', sessionId = ''] = headers.get('Nats-Subject').split('.').slice(2)
  return isUuid(userId) && isUuid(sessionId) ? [{ userId, sessionId }] : []
}

const subjectOf = ({ userId, sessionId }: SessionKey): string => `$KV.${SESSIONS_BUCKET}.${userId}.${sessionId}`
