import type { Attention } from '../domain/recipients.js'

/** Where one device is reached. */
export interface PushTarget {
  readonly endpoint: string
  readonly p256dh: Uint8Array
  readonly auth: Uint8Array
}

/** How a push is to be treated on its way (RFC 8030). */
export interface PushTerms {
  /** How long the push service keeps it for a device that is off; 0: deliver now or never. */
  readonly ttlSeconds: number
  readonly urgency: 'low' | 'normal' | 'high'
  /** A later one of the same topic replaces one that still waits. */
  readonly topic: string
}

export type PushResult =
  | { readonly kind: 'sent' }
  /** The subscription is no more. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly retryAfterMs: number | undefined; readonly why: string }

/** Push services outside. */
export interface PushGateway {
  /** `applicationServerKey` for browsers. */
  readonly publicKey: Uint8Array
  /** Errors: PUSH_ENDPOINT_REFUSED. */
  requireAllowed(endpoint: string): void
  send(target: PushTarget, payload: string, terms: PushTerms): Promise<PushResult>
}

export interface SessionKey {
  readonly userId: string
  readonly sessionId: string
}

/** What other services know of people. */
export interface People {
  names(userIds: readonly string[]): Promise<ReadonlyMap<string, string>>
  attention(userIds: readonly string[]): Promise<ReadonlyMap<string, Attention>>
  endedSessions(sessions: readonly SessionKey[]): Promise<readonly SessionKey[]>
}

/** What became of a message: another text, or it is no more. */
export type Change = { readonly text: string } | 'deleted'

export interface Told {
  readonly userId: string
  readonly newest: boolean
}

/** What is remembered for a while between replicas: of no use when lost. */
export interface Memory {
  /** True for the first within the time; the others are told how long it still lasts. */
  claim(userId: string, groupId: string, ms: number): Promise<{ readonly first: boolean; readonly leftMs: number }>
  /** A message is not what it was; remembered a little longer than something is held. */
  change(messageId: string, change: Change): Promise<void>
  changeOf(messageId: string): Promise<Change | undefined>
  /** The person has read a group up to a sequence; remembered as long. */
  read(userId: string, groupId: string, seq: number): Promise<void>
  /** 0: nothing of late. */
  readUpTo(userId: string, groupId: string): Promise<number>
  /** Devices show something of the group. */
  shown(userId: string, groupId: string, sessionIds: readonly string[]): Promise<void>
  /** The devices that show something of the group, once. */
  takeShown(userId: string, groupId: string): Promise<readonly string[]>
  /** A message is told to somebody: they may have it on the screen until they have read. */
  told(userId: string, groupId: string, messageId: string): Promise<void>
  /** Of these people those who may have the message on the screen. */
  whoWasTold(userIds: readonly string[], groupId: string, messageId: string): Promise<readonly string[]>
  /** The same, once; `newest`: nothing was told them of the group since. */
  takeTold(userIds: readonly string[], groupId: string, messageId: string): Promise<readonly Told[]>
}
