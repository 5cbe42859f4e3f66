import type { RegistrationRule } from '@beseda/proto/identity/v1/events'
import type { InviteState } from '../../domain/registration/account-invite.js'
import type { DoneCommand } from '../accounts/command-keys.js'

/** An account invite as administrators see it. */
export interface AccountInviteRecord {
  readonly id: string
  readonly codeHash: Uint8Array
  readonly name: string
  readonly createdBy: string
  /** Unix ms. */
  readonly createdAt: number
  /** Unix ms; 0: never. */
  readonly expiresAt: number
  /** 0: without limit. */
  readonly maxUses: number
  readonly uses: number
}

export abstract class RegistrationStore {
  abstract command(scope: string): DoneCommand | undefined
  /** What administrators have set; undefined: nothing. `lastSeq`: of its newest change. */
  abstract rule(): { readonly state: RegistrationRule | undefined; readonly lastSeq: number }
  abstract invite(inviteId: string): { readonly state: InviteState; readonly lastSeq: number }
  abstract inviteRecord(inviteId: string): AccountInviteRecord | undefined
  abstract inviteByCode(codeHash: Uint8Array): AccountInviteRecord | undefined
  /** Those that can be used, newest first. `now`: Unix ms. */
  abstract usableInvites(now: number, limit: number): readonly AccountInviteRecord[]
}

/** An invite of a group that works. */
export interface GroupInvite {
  readonly inviteId: string
  readonly maxUses: number
  readonly groupName: string
  readonly createdBy: string
}

/** Invites of groups. */
export abstract class GroupInvites {
  /** `maxUses`: 0: without limit. Errors: INVITE_NOT_FOUND, INVITE_REVOKED, INVITE_EXPIRED, INVITE_USED_UP. */
  abstract find(code: string): Promise<GroupInvite>
}
