import type { EventBody } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Event } from '@beseda/proto/log/v1/commit'
import { type ListArranged, ListArrangedSchema } from '@beseda/proto/notify/v1/events'
import { cleanName } from '@beseda/rules'
import { create, equals } from '@bufbuild/protobuf'

/** A part of the list that the person has made. */
export interface Section {
  readonly id: string
  readonly name: string
  readonly groupIds: readonly string[]
}

/** How a person has arranged their conversations. Each is in one place at most; one that is named nowhere is in the list itself. */
export interface Arrangement {
  /** In the person's order. */
  readonly sections: readonly Section[]
  readonly favouriteIds: readonly string[]
  readonly archivedIds: readonly string[]
}

/** Where a conversation is. */
export type Place =
  | { readonly kind: 'list' }
  | { readonly kind: 'favourites' }
  | { readonly kind: 'archive' }
  | { readonly kind: 'section'; readonly sectionId: string }

export const NOT_ARRANGED: Arrangement = { sections: [], favouriteIds: [], archivedIds: [] }

/** What an event says: the whole arrangement. */
export const changesOf = (body: Event['body']): readonly Arrangement[] =>
  body.case === 'listArranged' ? [arrangementOf(body.value)] : []

export const arrangementFold = {
  initialState: NOT_ARRANGED,
  evolve: (before: Arrangement, body: Event['body']): Arrangement => changesOf(body).at(-1) ?? before,
}

/** Without conversations that `isListed` does not have. */
export const onlyListed = (arrangement: Arrangement, isListed: (groupId: string) => boolean): Arrangement => ({
  sections: arrangement.sections.map((section) => ({ ...section, groupIds: section.groupIds.filter(isListed) })),
  favouriteIds: arrangement.favouriteIds.filter(isListed),
  archivedIds: arrangement.archivedIds.filter(isListed),
})

/** Puts a conversation into a place; the one that was moved last is the last. Errors: SECTION_NOT_FOUND. */
export function placed(present: Arrangement, groupId: string, place: Place): Arrangement {
  const isKnown = place.kind !== 'section' || present.sections.some(({ id }) => id === place.sectionId)
  if (!isKnown) throw new Refusal(ErrorReason.SECTION_NOT_FOUND)
  if (isIn(present, groupId, place)) return present
  const { sections, favouriteIds, archivedIds } = onlyListed(present, (id) => id !== groupId)
  const here = (is: boolean, ids: readonly string[]) => (is ? [...ids, groupId] : ids)
  return {
    sections: sections.map((section) => {
      const isHere = place.kind === 'section' && section.id === place.sectionId
      return { ...section, groupIds: here(isHere, section.groupIds) }
    }),
    favouriteIds: here(place.kind === 'favourites', favouriteIds),
    archivedIds: here(place.kind === 'archive', archivedIds),
  }
}

function isIn({ sections, favouriteIds, archivedIds }: Arrangement, groupId: string, place: Place): boolean {
  if (place.kind === 'favourites') return favouriteIds.includes(groupId)
  if (place.kind === 'archive') return archivedIds.includes(groupId)
  const section = sections.find(({ groupIds }) => groupIds.includes(groupId))
  if (place.kind === 'section') return section?.id === place.sectionId
  return !section && !favouriteIds.includes(groupId) && !archivedIds.includes(groupId)
}

/**
 * The sections with these names, in this order. Those that are left out give their conversations back to the list. Errors: BAD_TEXT;
 * INVALID_REQUEST for an id that comes twice, or a blank name.
 */
export function withSections(
  present: Arrangement,
  wanted: readonly { readonly id: string; readonly name: string }[],
): Arrangement {
  if (new Set(wanted.map(({ id }) => id)).size < wanted.length) {
    throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'sections' })
  }
  const groupsOf = new Map(present.sections.map(({ id, groupIds }) => [id, groupIds]))
  const sections = wanted.map(({ id, name }) => ({
    id,
    name: cleanName('sections.name', name),
    groupIds: groupsOf.get(id) ?? [],
  }))
  return { ...present, sections }
}

/** The event that makes `wanted` of `present`; none if they are the same. */
export function arrange(wanted: Arrangement, present: Arrangement): readonly EventBody[] {
  const value = eventOf(wanted)
  return equals(ListArrangedSchema, value, eventOf(present)) ? [] : [{ case: 'listArranged', value }]
}

export const eventOf = ({ sections, favouriteIds, archivedIds }: Arrangement): ListArranged =>
  create(ListArrangedSchema, {
    sections: sections.map(({ id, name, groupIds }) => ({ id, name, groupIds: [...groupIds] })),
    favouriteIds: [...favouriteIds],
    archivedIds: [...archivedIds],
  })

export const arrangementOf = ({ sections, favouriteIds, archivedIds }: ListArranged): Arrangement => ({
  sections: sections.map(({ id, name, groupIds }) => ({ id, name, groupIds })),
  favouriteIds,
  archivedIds,
})
