import auth from './ru/auth.ts'
import design from './ru/design.ts'
import errors from './ru/errors.ts'
import shell from './ru/shell.ts'

/** Texts shown before and during sign-in: fetched first. */
export default { ...design, ...shell, ...auth, ...errors }
