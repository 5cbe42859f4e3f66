import { createHash } from 'node:crypto'
import {
  type ListArrangement,
  ListArrangementSchema,
  ListPlace,
  type NotificationSettings,
  NotificationSettingsSchema,
  type PlaceConversationRequest,
} from '@beseda/proto/notify/v1/notify_service'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { PushDevice } from '../../domain/devices/push-device.js'
import { type Arrangement, eventOf, type Place } from '../../domain/list/arrangement.js'
import type { Preferences } from '../../domain/preferences/preferences.js'

/** Preferences as the contract shows them. */
export const settingsOf = ({ general, groups }: Preferences): NotificationSettings => {
  const { quietHours, hideContent, callReminder } = general
  return create(NotificationSettingsSchema, {
    ...(quietHours ? { quietHours: { ...quietHours } } : {}),
    hideContent,
    callReminder,
    groups: [...groups].map(([groupId, { level, mutedUntil }]) => ({
      groupId,
      level,
      ...(mutedUntil > 0 ? { mutedUntil: timestampFromMs(mutedUntil) } : {}),
    })),
  })
}

export const arrangementMessage = (arrangement: Arrangement): ListArrangement => {
  const { sections, favouriteIds, archivedIds } = eventOf(arrangement)
  return create(ListArrangementSchema, { sections, favouriteIds, archivedIds })
}

export function placeOf({ place, sectionId }: Pick<PlaceConversationRequest, 'place' | 'sectionId'>): Place {
  switch (place) {
    case ListPlace.FAVOURITES:
      return { kind: 'favourites' }
    case ListPlace.ARCHIVE:
      return { kind: 'archive' }
    case ListPlace.SECTION:
      return { kind: 'section', sectionId }
    default:
      return { kind: 'list' }
  }
}

/** SHA-256 of the address, by which a browser recognizes its own subscription; empty: not subscribed. */
export const endpointHashOf = (device: PushDevice | undefined): Uint8Array =>
  device ? createHash('sha256').update(device.endpoint).digest() : new Uint8Array()
