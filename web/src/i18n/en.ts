import calls from './en/calls.ts'
import chat from './en/chat.ts'
import commands from './en/commands.ts'
import groups from './en/groups.ts'
import list from './en/list.ts'
import notifications from './en/notifications.ts'
import people from './en/people.ts'
import refusals from './en/refusals.ts'
import security from './en/security.ts'
import first from './en-first.ts'

/** English, one file per area. Every other locale has the same keys, which `npm run check` verifies. */
export default {
  ...first,
  ...commands,
  ...groups,
  ...list,
  ...chat,
  ...notifications,
  ...people,
  ...security,
  ...calls,
  errors: { ...first.errors, ...refusals },
}
