import type { Role } from '@beseda/proto/common/v1/roles'

/** What a person may ask of a roster. Named like the methods of the contract. */
export type RosterCommand =
  | { readonly type: 'AddMembers'; readonly userIds: readonly string[] }
  | { readonly type: 'RemoveMember'; readonly userId: string }
  | { readonly type: 'ChangeRole'; readonly userId: string; readonly role: Role }
  | { readonly type: 'TransferOwnership'; readonly userId: string }
  | { readonly type: 'LeaveGroup' }
  /** The actor's account is deleted: they leave whatever their role; a group without its owner gets a new one. */
  | { readonly type: 'RemoveDeletedAccount' }
  /** `expiresAt`: Unix ms; 0: never. */
  | { readonly type: 'BanMember'; readonly userId: string; readonly reason: string; readonly expiresAt: number }
  | { readonly type: 'UnbanMember'; readonly userId: string }
  /** `until`: Unix ms; 0 ends the mute. */
  | { readonly type: 'MuteMember'; readonly userId: string; readonly until: number }
  | {
      readonly type: 'CreateInvite'
      readonly inviteId: string
      /** SHA-256 of the code. */
      readonly codeHash: Uint8Array
      /** Unix ms; 0: never. */
      readonly expiresAt: number
      /** 0: without limit. */
      readonly maxUses: number
      readonly role: Role
      readonly needsApproval: boolean
      readonly name: string
    }
  | { readonly type: 'RevokeInvite'; readonly inviteId: string }
  | { readonly type: 'AcceptInvite'; readonly inviteId: string; readonly note: string }
  /** Without an invite, into a group that can be found. */
  | { readonly type: 'JoinGroup'; readonly note: string }
  | { readonly type: 'ResolveJoinRequest'; readonly userId: string; readonly approve: boolean }

/** A command with the person who sends it, and when (Unix ms). */
export type ActedCommand = RosterCommand & {
  readonly actorId: string
  readonly now: number
  /** By the id of a bot: of the bots among the members, and among those who are to be added, where it matters whose they are. */
  readonly owners?: ReadonlyMap<string, string> | undefined
}

export type ActedCommandOf<Type extends RosterCommand['type']> = Extract<ActedCommand, { readonly type: Type }>
