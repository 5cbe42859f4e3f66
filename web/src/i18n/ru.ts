import auth from './ru/auth.ts'
import calls from './ru/calls.ts'
import chat from './ru/chat.ts'
import commands from './ru/commands.ts'
import design from './ru/design.ts'
import errors from './ru/errors.ts'
import groups from './ru/groups.ts'
import notifications from './ru/notifications.ts'
import people from './ru/people.ts'
import report from './ru/report.ts'
import security from './ru/security.ts'
import settings from './ru/settings.ts'
import shell from './ru/shell.ts'

/** Русский. */
export default {
  ...design,
  ...commands,
  ...shell,
  ...auth,
  ...groups,
  ...chat,
  ...notifications,
  ...people,
  ...security,
  ...settings,
  ...calls,
  ...report,
  ...errors,
}
