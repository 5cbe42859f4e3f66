/** What the server accepts in the fields of a new account (RegisterRequest). Each rule gives the key of a sentence, or nothing. Pure. */

const length = (text: string): number => [...text].length

export function usernameProblem(username: string): string {
  const name = username.trim().toLowerCase()
  if (name === '') return 'auth.usernameMissing'
  if (!/^[a-z0-9._-]*$/.test(name)) return 'auth.usernameSigns'
  if (!/^[a-z0-9]/.test(name)) return 'auth.usernameStart'
  return name.length < 3 || name.length > 32 ? 'auth.usernameLength' : ''
}

export const displayNameProblem = (name: string): string => (name.trim() === '' ? 'auth.displayNameMissing' : '')

/** Of a new password. Which ones are too easy to guess only the server knows. */
export function newPasswordProblem(password: string): string {
  if (password === '') return 'auth.passwordMissing'
  if (length(password) < 8) return 'auth.passwordShort'
  return length(password) > 256 ? 'auth.passwordLong' : ''
}

/** Of a password that exists. */
export const passwordProblem = (password: string): string => (password === '' ? 'auth.passwordMissing' : '')
