import type { SqliteView } from '@beseda/event-log'
import type { Role } from '@beseda/proto/common/v1/roles'
import type { Invite } from '../domain/invite.js'

export interface InviteRow {
  readonly id: string
  readonly group_id: string
  readonly code_hash: Uint8Array
  readonly created_by: string
  readonly created_at: number
  readonly expires_at: number
  readonly max_uses: number
  readonly uses: number
  readonly role: Role
  readonly revoked: number
  readonly needs_approval: number
}

const inviteOf = (row: InviteRow): Invite => ({
  id: row.id,
  codeHash: row.code_hash,
  createdBy: row.created_by,
  expiresAt: row.expires_at,
  maxUses: row.max_uses,
  uses: row.uses,
  role: row.role,
  revoked: row.revoked === 1,
  needsApproval: row.needs_approval === 1,
})

export function inviteById(view: SqliteView, inviteId: string): Invite | undefined {
  const row = view.get<InviteRow>('SELECT * FROM invite WHERE id = ?', inviteId)
  return row && inviteOf(row)
}

export const inviteByCodeHash = (view: SqliteView, hash: Uint8Array) =>
  view.get<InviteRow>('SELECT * FROM invite WHERE code_hash = ?', hash)

export const inviteRows = (view: SqliteView, groupId: string) =>
  view.all<InviteRow>('SELECT * FROM invite WHERE group_id = ? ORDER BY created_at DESC, id', groupId)

export const invitesOf = (view: SqliteView, groupId: string): ReadonlyMap<string, Invite> =>
  new Map(inviteRows(view, groupId).map((row) => [row.id, inviteOf(row)]))

export function saveInvite(view: SqliteView, groupId: string, invite: Invite, at: number): void {
  view.run(
    `INSERT INTO invite VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET uses = excluded.uses, revoked = excluded.revoked`,
    invite.id,
    groupId,
    invite.codeHash,
    invite.createdBy,
    at,
    invite.expiresAt,
    invite.maxUses,
    invite.uses,
    invite.role,
    Number(invite.revoked),
    Number(invite.needsApproval),
  )
}
