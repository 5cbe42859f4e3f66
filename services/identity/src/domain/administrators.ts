/** What is known of somebody who may look after the installation. */
export interface Candidate {
  readonly isBot: boolean
  /** Where in the log the account was made. */
  readonly registeredAt: number
  /** Registered first of all. */
  readonly isFounder: boolean
  /** By an administrator or an operator; false: it was ended; undefined: never. */
  readonly appointed: boolean | undefined
  /** ADMINS names the account; the place in the log at which that was first seen. Undefined: it does not, or nobody has seen it yet. */
  readonly listedAt: number | undefined
}

/** By ADMINS: only accounts that were there before. A name that was free then belongs to whoever took it, which proves nothing. */
export const isConfigured = ({ isBot, registeredAt, listedAt }: Candidate): boolean =>
  !isBot && listedAt !== undefined && registeredAt < listedAt

/**
 * Who looks after the installation: whom ADMINS names, whom others appointed, and, as long as ADMINS is not set (`anyListed`), who
 * registered first of all. Nobody comes after the founder: their account may go, and nobody inherits.
 */
export function isAdministrator(candidate: Candidate, anyListed: boolean): boolean {
  if (candidate.isBot) return false
  if (isConfigured(candidate)) return true
  return candidate.appointed ?? (candidate.isFounder && !anyListed)
}
