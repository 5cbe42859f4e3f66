import type { Role } from '@beseda/proto/common/v1/roles'
import type { GroupKind } from '@beseda/proto/group/v1/events'
import type { CallReminder, MailChoice } from '@beseda/proto/notify/v1/events'
import type { GroupPreference } from '@beseda/rules'
import type { PushDevice, Subscription } from '../domain/devices/push-device.js'
import type { Arrangement } from '../domain/list/arrangement.js'
import type { Attention } from '../domain/notes/recipients.js'
import type { GeneralPreferences, Preferences } from '../domain/preferences/preferences.js'

/** Part of the view that a command decides on, and the last sequence of its subject in the view. */
export interface Loaded<State> {
  readonly state: State
  readonly lastSeq: number
}

export abstract class PreferencesStore {
  abstract general(userId: string): Loaded<GeneralPreferences>
  abstract group(userId: string, groupId: string): Loaded<GroupPreference>
  abstract load(userId: string): Preferences
  /** Without preferences for groups that the person is not a member of. */
  abstract loadAsMember(userId: string): Preferences
}

export abstract class ArrangementStore {
  abstract load(userId: string): Loaded<Arrangement>
}

export interface SessionKey {
  readonly userId: string
  readonly sessionId: string
}

export abstract class PushDeviceStore {
  abstract session(userId: string, sessionId: string): Loaded<Subscription | undefined>
  /** Of a person, the newest subscription first. */
  abstract of(userId: string): readonly PushDevice[]
  /** All that share an address: two people may have signed in on one browser. */
  abstract at(endpoint: string): readonly PushDevice[]
  /** Devices of all people, in the order of their keys. */
  abstract page(after: SessionKey | undefined, limit: number): readonly PushDevice[]
}

/** A group that exists. */
export interface NotifiedGroup {
  readonly id: string
  readonly kind: GroupKind
  /** Empty for a direct chat. */
  readonly name: string
  readonly archived: boolean
}

export interface Member {
  readonly userId: string
  readonly role: Role
}

/** Groups, members and blocks, as the view has them. */
export abstract class Audience {
  abstract group(groupId: string): NotifiedGroup | undefined
  abstract member(groupId: string, userId: string): Member | undefined
  /** Members with a subscribed device. */
  abstract reachableMembers(groupId: string): readonly Member[]
  abstract members(groupId: string): readonly Member[]
  /** Members who have chosen when they are written to, and chosen this. */
  abstract membersByChoice(groupId: string, choice: MailChoice): readonly Member[]
  /** Members who are reminded of calls this long before. */
  abstract membersByReminder(groupId: string, reminder: CallReminder): readonly Member[]
  abstract hasBlocked(userId: string, otherId: string): boolean
  /** People whose accounts were deleted, and of whom the view still has devices or preferences. */
  abstract departedWithTraces(): readonly string[]
}

/** How far the view is behind the log. */
export abstract class ViewFreshness {
  /** Resolves when the view has a commit of a stream. Errors: when that takes more than ten seconds. */
  abstract reached(stream: string, seq: number): Promise<void>
  /** Resolves when the view has everything that the log has of a group now. Errors: as above. */
  abstract caughtUp(groupId: string): Promise<void>
}

/** Where a push is sent. */
export type PushTarget = Pick<PushDevice, 'endpoint' | 'p256dh' | 'auth'>

/** How a push service handles a push (RFC 8030). */
export interface PushTerms {
  /** How long the push service keeps it for a device that is off; 0: deliver now or never. */
  readonly ttlSeconds: number
  readonly urgency: 'low' | 'normal' | 'high'
  /** A later push of the same topic replaces one that still waits. */
  readonly topic: string
}

export type PushResult =
  | { readonly kind: 'sent' }
  /** The subscription no longer exists. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly retryAfterMs: number | undefined; readonly why: string }

/** Push services of browsers. */
export abstract class PushGateway {
  /** `applicationServerKey` for browsers. */
  abstract readonly publicKey: Uint8Array
  /** Errors: PUSH_ENDPOINT_REFUSED. */
  abstract requireAllowed(endpoint: string): void
  abstract send(target: PushTarget, payload: string, terms: PushTerms): Promise<PushResult>
}

/** What other services know of people. */
export abstract class People {
  abstract names(userIds: readonly string[]): Promise<ReadonlyMap<string, string>>
  abstract attention(userIds: readonly string[]): Promise<ReadonlyMap<string, Attention>>
  /** Of these sessions those that have ended. */
  abstract endedSessions(sessions: readonly SessionKey[]): Promise<readonly SessionKey[]>
}

/** What the group service knows of threads. */
export abstract class Threads {
  /** Of these people those who follow a thread and may see it, once a message of the group's stream is known. */
  abstract followers(
    thread: { readonly groupId: string; readonly threadId: string; readonly seq: number },
    userIds: readonly string[],
  ): Promise<ReadonlySet<string>>
}

/** Tells all connected devices of a person how their preferences are now. */
export abstract class PreferencesNotices {
  abstract changed(userId: string, preferences: Preferences): void
}

/** Tells all connected devices of a person how their list is arranged now. */
export abstract class ArrangementNotices {
  abstract changed(userId: string, arrangement: Arrangement): void
}

/** What became of a message: it was edited, or deleted. */
export type MessageChange = { readonly text: string } | 'deleted'

export interface Notified {
  readonly userId: string
  /** No later message of the group was notified to the person since. */
  readonly newest: boolean
}

/**
 * Short-lived memory that the replicas share. When it is lost, somebody may be notified once too often, and a notification may stay on a
 * screen.
 */
export abstract class NotificationMemory {
  /** Starts a pause of `ms` unless one is running. `first`: it was started; `leftMs`: how long it still lasts. */
  abstract claim(userId: string, id: string, ms: number): Promise<{ readonly first: boolean; readonly leftMs: number }>
  /** Notes that a message was edited or deleted, for a minute: longer than a notification is held back. */
  abstract noteChange(messageId: string, change: MessageChange): Promise<void>
  abstract changeOf(messageId: string): Promise<MessageChange | undefined>
  /** Notes that a call is over for a person, for as long. */
  abstract noteCallOver(userId: string, callId: string): Promise<void>
  abstract isCallOver(userId: string, callId: string): Promise<boolean>
  /** Notes that a person has read a group up to a sequence, for as long. */
  abstract noteRead(userId: string, groupId: string, seq: number): Promise<void>
  /** 0: nothing within the last minute. */
  abstract readUpTo(userId: string, groupId: string): Promise<number>
  /** Notes that devices show notifications about a group or a call. */
  abstract noteShown(userId: string, id: string, sessionIds: readonly string[]): Promise<void>
  /** The sessions whose devices show notifications about it; they are forgotten. */
  abstract takeShown(userId: string, id: string): Promise<readonly string[]>
  /** Notes that a person is notified of a message: it may be on their screens until they have read the group. */
  abstract noteNotified(userId: string, groupId: string, messageId: string): Promise<void>
  /** Of these people those who may have the message on a screen. */
  abstract notifiedOf(userIds: readonly string[], groupId: string, messageId: string): Promise<readonly string[]>
  /** The same; the message is forgotten for them. */
  abstract takeNotified(userIds: readonly string[], groupId: string, messageId: string): Promise<readonly Notified[]>
}

/** Business metrics and log lines. */
export abstract class NotifyObserver {
  abstract pushed(result: PushResult['kind'] | 'dropped', why?: string): void
  abstract failed(error: unknown): void
}
