/** What decides whether an account administers the installation. */
export interface Candidate {
  readonly isBot: boolean
  /** Log sequence at which the account was made. */
  readonly registeredAt: number
  /** The first account of the installation. */
  readonly isFounder: boolean
  /** By an administrator or an operator: true appointed, false dismissed, undefined neither. */
  readonly appointed: boolean | undefined
  /** Log sequence at which the account's name was first seen in ADMINS; undefined: the name is not in ADMINS, or was not seen yet. */
  readonly listedAt: number | undefined
}

/**
 * Administrator by ADMINS. Counts only for accounts that existed before: a name that was free when it was listed belongs to whoever
 * registers it, which proves nothing.
 */
export const isConfigured = ({ isBot, registeredAt, listedAt }: Candidate): boolean =>
  !isBot && listedAt !== undefined && registeredAt < listedAt

/**
 * Administrators are the accounts that ADMINS names, those that were appointed and, while ADMINS is not set (`anyListed`), the founder.
 * Nobody inherits from the founder when that account is deleted.
 */
export function isAdministrator(candidate: Candidate, anyListed: boolean): boolean {
  if (candidate.isBot) return false
  if (isConfigured(candidate)) return true
  return candidate.appointed ?? (candidate.isFounder && !anyListed)
}

/**
 * Whether `by`, an administrator, may create a code that sets a new password for `target`. Whoever has the code takes the account over, so
 * nobody gets one for an account that ADMINS names or, while ADMINS is not set, for the founder's, dismissed or not. For an appointed
 * administrator only those two kinds get one. A bot has no password.
 */
export function mayResetPassword(target: Candidate, by: Candidate, anyListed: boolean): boolean {
  if (target.isBot || isFirst(target, anyListed)) return false
  return !isAdministrator(target, anyListed) || (isFirst(by, anyListed) && isAdministrator(by, anyListed))
}

/**
 * Has the right from the installation itself, not from another administrator, who can therefore neither take it away nor disable the account.
 */
export const isFirst = (candidate: Candidate, anyListed: boolean): boolean =>
  isConfigured(candidate) || (candidate.isFounder && !anyListed)
