import type { EventBody } from '@beseda/event-log'
import type { Event } from '@beseda/proto/log/v1/commit'
import { PushSubscribedSchema, PushUnsubscribedSchema } from '@beseda/proto/notify/v1/events'
import { create } from '@bufbuild/protobuf'

/** A device that is reached through a push service. It belongs to a session, and is forgotten when that ends. */
export interface PushDevice {
  readonly userId: string
  readonly sessionId: string
  readonly deviceId: string
  /** Address at the push service (RFC 8030). */
  readonly endpoint: string
  /** Keys that pushes are encrypted for (RFC 8291). */
  readonly p256dh: Uint8Array
  readonly auth: Uint8Array
  readonly locale: string
}

export type Subscription = Omit<PushDevice, 'userId' | 'sessionId'>

/** The subscription of a session after the change; undefined: none. */
export interface DeviceChange {
  readonly sessionId: string
  readonly subscription: Subscription | undefined
}

/** An event of a person's devices; `sessionId`: from its subject. */
export interface DeviceEvent {
  readonly sessionId: string
  readonly body: Event['body']
}

export function changesOf({ sessionId, body }: DeviceEvent): readonly DeviceChange[] {
  if (body.case === 'pushUnsubscribed') return [{ sessionId, subscription: undefined }]
  if (body.case !== 'pushSubscribed') return []
  const { deviceId, endpoint, p256dh, auth, locale } = body.value
  return [{ sessionId, subscription: { deviceId, endpoint, p256dh, auth, locale } }]
}

/** Subscriptions of one person, by session. */
export type Subscriptions = ReadonlyMap<string, Subscription>

export function apply(subscriptions: Subscriptions, { sessionId, subscription }: DeviceChange): Subscriptions {
  const next = new Map(subscriptions)
  if (subscription) next.set(sessionId, subscription)
  else next.delete(sessionId)
  return next
}

const INITIAL: Subscriptions = new Map()

export const devicesFold = {
  initialState: INITIAL,
  evolve: (subscriptions: Subscriptions, event: DeviceEvent): Subscriptions =>
    changesOf(event).reduce(apply, subscriptions),
}

export function subscribe(wanted: Subscription, present: Subscription | undefined): readonly EventBody[] {
  if (present && isSame(wanted, present)) return []
  return [{ case: 'pushSubscribed', value: create(PushSubscribedSchema, { ...wanted }) }]
}

export const unsubscribe = (present: Subscription | undefined): readonly EventBody[] =>
  present ? [{ case: 'pushUnsubscribed', value: create(PushUnsubscribedSchema) }] : []

const isSame = (one: Subscription, other: Subscription): boolean =>
  one.deviceId === other.deviceId &&
  one.endpoint === other.endpoint &&
  one.locale === other.locale &&
  isSameBytes(one.p256dh, other.p256dh) &&
  isSameBytes(one.auth, other.auth)

const isSameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, i) => byte === other[i])
