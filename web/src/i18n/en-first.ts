import auth from './en/auth.ts'
import design from './en/design.ts'
import errors from './en/errors.ts'
import shell from './en/shell.ts'

/** Texts shown before and during sign-in: fetched first. */
export default { ...design, ...shell, ...auth, ...errors }
