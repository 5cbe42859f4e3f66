import auth from './ru/auth.ts'
import design from './ru/design.ts'
import errors from './ru/errors.ts'
import shell from './ru/shell.ts'

/** What is said before and while somebody signs in: fetched first. */
export default { ...design, ...shell, ...auth, ...errors }
