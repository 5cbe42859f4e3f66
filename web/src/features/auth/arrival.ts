import { RegistrationRule } from '@beseda/proto/identity/v1/events'
import type { ListSignInWaysResponse } from '@beseda/proto/identity/v1/identity_service'
import type { RouteLocationNormalizedLoaded } from 'vue-router'
import { nextPlace } from './next-place.js'

/** What somebody without an account came with, which may let them register. */
export interface Arrival {
  /** Of whom: the founder, somebody with an account invite, or with a group's. */
  readonly as: 'founder' | 'invited' | 'stranger'
  /** Empty for a stranger. */
  readonly code: string
}

/** From the link that led here: `#founder=…`, `#invite=…`, or a group's invite that is opened afterwards. */
export function arrivalOf(route: Pick<RouteLocationNormalizedLoaded, 'hash' | 'query'>): Arrival {
  const [, kind, code = ''] = /^#(founder|invite)=([\w-]+)$/.exec(route.hash) ?? []
  if (code) return { as: kind === 'founder' ? 'founder' : 'invited', code }
  const [, groupCode = ''] = /^\/invite\/([\w-]+)/.exec(nextPlace(route)) ?? []
  return groupCode ? { as: 'invited', code: groupCode } : { as: 'stranger', code: '' }
}

type Rule = Pick<ListSignInWaysResponse, 'registration' | 'founderWanted'>

/** Whether the account that would be made now is the first one. Where everybody may register, only with its code. */
export const isFounding = (ways: Rule | undefined, { as }: Arrival): boolean =>
  ways?.founderWanted === true && (as === 'founder' || ways.registration !== RegistrationRule.OPEN)

/**
 * Whether somebody can register: `code`, if they enter the code of the first account. Until the server has answered (`ways` undefined), as in
 * an open installation.
 */
export function mayRegister(ways: Rule | undefined, arrival: Arrival): 'yes' | 'code' | 'invite' | 'no' {
  if (!ways || ways.registration === RegistrationRule.OPEN) return 'yes'
  if (ways.founderWanted) return arrival.as === 'founder' ? 'yes' : 'code'
  if (ways.registration !== RegistrationRule.INVITE) return 'no'
  return arrival.code === '' ? 'invite' : 'yes'
}
