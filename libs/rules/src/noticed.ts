import type { Event } from '@beseda/proto/log/v1/commit'

/**
 * Whom an event concerns who is not, or no longer, in the group: a gateway tells their devices that `ListMyNotices` has something new. Members
 * of a deleted group hear of it when they leave its room.
 */
export function noticedPerson(body: Event['body']): string | undefined {
  switch (body.case) {
    case 'joinRequested':
    case 'joinDeclined':
    case 'memberRemoved':
    case 'memberBanned':
    case 'memberUnbanned':
      return body.value.userId
    default:
      return undefined
  }
}
