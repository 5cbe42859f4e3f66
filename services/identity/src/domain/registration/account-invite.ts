import { type Decider, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import {
  AccountInviteCreatedSchema,
  AccountInviteRevokedSchema,
  AccountInviteUsedSchema,
} from '@beseda/proto/identity/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'

type EventBody = Event['body']

/** A link with which people register. Of a group's invite only the people who used it are kept here. */
export interface InviteState {
  /** Undefined: it was not made here. */
  readonly terms: InviteTerms | undefined
  readonly revoked: boolean
  /** Who registered with it. */
  readonly people: ReadonlySet<string>
}

export interface InviteTerms {
  readonly codeHash: Uint8Array
  readonly name: string
  /** 0: without limit. */
  readonly maxUses: number
  /** Unix ms; 0: never. */
  readonly expiresAt: number
}

export type InviteCommand =
  | { readonly type: 'Create'; readonly terms: InviteTerms }
  | { readonly type: 'Revoke' }
  /** `groupLimit`: of a group's invite, which has its terms elsewhere. */
  | { readonly type: 'Use'; readonly userId: string; readonly now: number; readonly groupLimit?: number | undefined }

export type InviteChange =
  | { readonly kind: 'created'; readonly terms: InviteTerms }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'used'; readonly userId: string }

export const inviteDecider: Decider<InviteState, InviteCommand, EventBody> = {
  initialState: { terms: undefined, revoked: false, people: new Set() },

  decide(command, state) {
    switch (command.type) {
      case 'Create':
        if (state.terms) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
        return [{ case: 'accountInviteCreated', value: createdOf(command.terms) }]
      case 'Revoke':
        if (!state.terms) throw new Refusal(ErrorReason.INVITE_NOT_FOUND)
        return state.revoked ? [] : [{ case: 'accountInviteRevoked', value: create(AccountInviteRevokedSchema) }]
      case 'Use': {
        const { userId, now, groupLimit } = command
        if (state.people.has(userId)) return []
        if (groupLimit === undefined) requireUsable(state, now)
        else requireUses(groupLimit, state)
        return [{ case: 'accountInviteUsed', value: create(AccountInviteUsedSchema, { userId }) }]
      }
    }
  },

  evolve: (state, event) => inviteChangesOf(event).reduce(applyInviteChange, state),
}

/** For whoever has not used it. Errors: INVITE_NOT_FOUND, INVITE_REVOKED, INVITE_EXPIRED, INVITE_USED_UP. `now`: Unix ms. */
export function requireUsable(state: InviteState, now: number): void {
  const { terms, revoked } = state
  if (!terms) throw new Refusal(ErrorReason.INVITE_NOT_FOUND)
  if (revoked) throw new Refusal(ErrorReason.INVITE_REVOKED)
  if (terms.expiresAt > 0 && terms.expiresAt <= now) throw new Refusal(ErrorReason.INVITE_EXPIRED)
  requireUses(terms.maxUses, state)
}

function requireUses(limit: number, { people }: InviteState): void {
  if (limit > 0 && people.size >= limit) throw new Refusal(ErrorReason.INVITE_USED_UP)
}

/** The one reading of an event. */
export function inviteChangesOf(event: EventBody): readonly InviteChange[] {
  switch (event.case) {
    case 'accountInviteCreated': {
      const { codeHash, name, maxUses, expiresAt } = event.value
      const terms = { codeHash, name, maxUses, expiresAt: expiresAt ? timestampMs(expiresAt) : 0 }
      return [{ kind: 'created', terms }]
    }
    case 'accountInviteRevoked':
      return [{ kind: 'revoked' }]
    case 'accountInviteUsed':
      return [{ kind: 'used', userId: event.value.userId }]
    default:
      return []
  }
}

export function applyInviteChange(state: InviteState, change: InviteChange): InviteState {
  switch (change.kind) {
    case 'created':
      return state.terms ? state : { ...state, terms: change.terms }
    case 'revoked':
      return { ...state, revoked: state.terms !== undefined }
    case 'used':
      return { ...state, people: new Set([...state.people, change.userId]) }
  }
}

const createdOf = ({ codeHash, name, maxUses, expiresAt }: InviteTerms) =>
  create(AccountInviteCreatedSchema, {
    codeHash,
    name,
    maxUses,
    ...(expiresAt > 0 ? { expiresAt: timestampFromMs(expiresAt) } : {}),
  })
