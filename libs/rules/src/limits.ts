import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupKind } from '@beseda/proto/group/v1/events'

/**
 * Limit of members of a group, by kind. A group's messages may be wrapped for every member's socket and its roster is folded
 * whole by every service, so larger rooms are a channel, whose clients do not list all members at once.
 */
export const MEMBER_LIMIT: Readonly<Record<GroupKind, number>> = {
  [GroupKind.UNSPECIFIED]: 0,
  [GroupKind.DIRECT]: 2,
  [GroupKind.GROUP]: 100,
  [GroupKind.CHANNEL]: 1000,
}

/** Largest WebSocket frame and HTTP body accepted, bytes. An SDP is 6-8 KB, a message at most 16 KB of UTF-8. */
export const MAX_FRAME_BYTES = 64 * 1024
/** Limit of open requests of one connection; more are answered RATE_LIMITED. */
export const MAX_OPEN_REQUESTS = 32
/** Largest group call over a mesh. */
export const MESH_LIMIT = 10
/** Seconds a call rings before it is missed, unless the operator has configured another value. */
export const RING_SECONDS = 45

/**
 * How many there may be of what people make one after another; one more is refused with TOO_MANY. No service counts in its own way
 * (`tools/check/limits.spec.ts`), and each of these is raced for over two replicas (`services/races.int.spec.ts`).
 */
export const COUNTED = {
  /** Incoming webhooks of one group. More would be a list that nobody keeps an eye on. */
  webhooks: 20,
  /** Different emoji on one message. More would push the message off the screen. */
  reactionKinds: 20,
  /** Pinned messages of one group. More would be no selection. */
  pins: 200,
  /** Pending join requests of one group. More: a list that no admin reads to its end; fewer: requests refused in a busy week. */
  joinRequests: 500,
  /** Bots of one person. More would be a list that nobody keeps an eye on. */
  bots: 20,
  /** Passkeys of one account. More would make the list in the settings, and the browser's question, long. */
  passkeys: 10,
  /** People whom one person blocks. More: slower checks wherever blocks count. */
  blocked: 1_000,
  /** Scheduled calls of one group that are not over. More: a list that nobody reads, and long calendars. */
  schedules: 50,
  /** Legal holds of the installation. More would be a list that nobody keeps an eye on. */
  holds: 500,
} as const

export type Counted = keyof typeof COUNTED

/** For one more beside those that are present. Errors: TOO_MANY. */
export function requireRoom(what: Counted, present: number): void {
  if (present >= COUNTED[what]) throw new Refusal(ErrorReason.TOO_MANY, { limit: String(COUNTED[what]) })
}
