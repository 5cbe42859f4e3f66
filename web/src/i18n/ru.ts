import calls from './ru/calls.ts'
import chat from './ru/chat.ts'
import commands from './ru/commands.ts'
import groups from './ru/groups.ts'
import notifications from './ru/notifications.ts'
import people from './ru/people.ts'
import report from './ru/report.ts'
import security from './ru/security.ts'
import settings from './ru/settings.ts'
import first from './ru-first.ts'

/** Русский. */
export default {
  ...first,
  ...commands,
  ...groups,
  ...chat,
  ...notifications,
  ...people,
  ...security,
  ...settings,
  ...calls,
  ...report,
}
