import { GroupSettingsSchema, type GroupUpdated } from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { cleanName } from '@beseda/rules'
import { equals } from '@bufbuild/protobuf'
import { type GroupCommand, type GroupUpdate, tidyUpdate } from './group.js'

type EventBody = Event['body']

/** The event that a command has written. */
export interface Written {
  readonly kind: string
  /** Without secrets; undefined: its group has ended. */
  readonly body: EventBody | undefined
}

const EVENT_OF: Readonly<Record<GroupCommand['type'], EventBody['case']>> = {
  Create: 'groupCreated',
  Update: 'groupUpdated',
  Delete: 'groupDeleted',
  Close: 'groupDeleted',
  SetArchived: 'groupUpdated',
  CreateWebhook: 'webhookCreated',
  DeleteWebhook: 'webhookDeleted',
}

/**
 * Whether a command can have written this event, so that it may be a repeat of the one that did. An event holds only what an update
 * has changed: what it asked for beside that is not compared. The content of Create is compared where groups are created.
 */
export function isRepeat(command: GroupCommand, { kind, body }: Written): boolean {
  if (EVENT_OF[command.type] !== kind) return false
  switch (body?.case) {
    case 'groupUpdated':
      if (command.type === 'SetArchived') return saysAll(body.value, { archived: command.archived })
      return command.type === 'Update' && saysAll(body.value, tidyUpdate(command.update))
    case 'webhookCreated': {
      const { webhookId, name } = body.value
      return (
        command.type === 'CreateWebhook' && command.webhookId === webhookId && cleanName('name', command.name) === name
      )
    }
    case 'webhookDeleted':
      return command.type === 'DeleteWebhook' && command.webhookId === body.value.webhookId
    default:
      return true
  }
}

/** Everything that the event has changed is in the update. */
function saysAll(event: GroupUpdated, update: GroupUpdate): boolean {
  const fields = ['name', 'topic', 'avatarFileId', 'archived'] as const
  const { settings } = update
  return (
    fields.every((field) => event[field] === undefined || event[field] === update[field]) &&
    (event.settings === undefined || (settings !== undefined && equals(GroupSettingsSchema, event.settings, settings)))
  )
}
