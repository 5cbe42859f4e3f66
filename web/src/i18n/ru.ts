import calls from './ru/calls.ts'
import chat from './ru/chat.ts'
import commands from './ru/commands.ts'
import groups from './ru/groups.ts'
import list from './ru/list.ts'
import notifications from './ru/notifications.ts'
import people from './ru/people.ts'
import refusals from './ru/refusals.ts'
import security from './ru/security.ts'
import first from './ru-first.ts'

/** Русский. */
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
