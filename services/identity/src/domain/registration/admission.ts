import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Admission, RegistrationRule } from '@beseda/proto/identity/v1/events'

/** How somebody proves who they are when they register. */
export type Way = 'password' | 'provider'

/**
 * Whether somebody without an invite may register under a rule; undefined: only with one. Errors: REGISTRATION_CLOSED.
 */
export function admissionWithoutInvite(rule: RegistrationRule, way: Way): Admission | undefined {
  if (rule === RegistrationRule.OPEN) return Admission.OPEN
  if (rule === RegistrationRule.OIDC && way === 'provider') return Admission.PROVIDER
  if (rule === RegistrationRule.INVITE) return undefined
  throw new Refusal(ErrorReason.REGISTRATION_CLOSED)
}

/** Rules under which each admission holds. The founder's holds under all. */
const HOLDS_UNDER: Readonly<Record<Admission, readonly RegistrationRule[]>> = {
  [Admission.UNSPECIFIED]: [],
  [Admission.FOUNDER]: [RegistrationRule.OPEN, RegistrationRule.INVITE, RegistrationRule.CLOSED, RegistrationRule.OIDC],
  [Admission.OPEN]: [RegistrationRule.OPEN],
  [Admission.INVITE]: [RegistrationRule.OPEN, RegistrationRule.INVITE],
  [Admission.PROVIDER]: [RegistrationRule.OPEN, RegistrationRule.OIDC],
}

/** The rule may have changed since somebody was admitted. Errors: REGISTRATION_CLOSED. */
export function requireStillAdmitted(admission: Admission, rule: RegistrationRule): void {
  if (!HOLDS_UNDER[admission].includes(rule)) throw new Refusal(ErrorReason.REGISTRATION_CLOSED)
}
