import { Audience, audience } from '@beseda/proto/common/v1/audience'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { clearField, clone, type DescField, getOption, isFieldSet } from '@bufbuild/protobuf'

/** The fields of event bodies that are not for every member, by case; found once. Most bodies have none. */
let restricted: ReadonlyMap<string, readonly DescField[]> | undefined

const restrictedFields = (): ReadonlyMap<string, readonly DescField[]> => {
  const bodies = EventSchema.fields.filter(({ oneof }) => oneof?.localName === 'body')
  const entries = bodies.flatMap((body): [string, DescField[]][] => {
    const fields = body.message?.fields.filter((field) => getOption(field, audience) !== Audience.UNSPECIFIED) ?? []
    return fields.length === 0 ? [] : [[body.localName, fields]]
  })
  return new Map(entries)
}

/** What the event holds that is for a smaller audience than the reader's. */
function hiddenFields({ body }: Event, reader: Audience): readonly DescField[] {
  restricted ??= restrictedFields()
  const fields = body.case === undefined ? undefined : restricted.get(body.case)
  if (!fields || body.case === undefined) return []
  return fields.filter((field) => getOption(field, audience) > reader && isFieldSet(body.value, field))
}

/** Without what its reader does not read; the same object when that is nothing. */
function shownTo(reader: Audience, event: Event): Event {
  // Of a later release, whose marks are not known here: its place stays, and nothing of it is told.
  if (event.body.case === undefined && event.$unknown) return withoutUnknown(event)
  const hidden = hiddenFields(event, reader)
  if (hidden.length === 0) return event
  const shown = clone(EventSchema, event)
  if (shown.body.case === undefined) return shown
  for (const field of hidden) clearField(shown.body.value, field)
  return shown
}

function withoutUnknown(event: Event): Event {
  const shown = clone(EventSchema, event)
  delete shown.$unknown
  return shown
}

/** An event as every member of its group may read it; the same object when nothing in it is for others. */
export const shownToMembers = (event: Event): Event => shownTo(Audience.UNSPECIFIED, event)

/** An event as the admins of its group may read it; the same object when nothing in it is for the services alone. */
export const shownToAdmins = (event: Event): Event => shownTo(Audience.ADMINS, event)
