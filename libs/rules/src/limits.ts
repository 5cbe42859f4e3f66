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
