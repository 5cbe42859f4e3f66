import type { Projection, SqlValue } from '@beseda/event-log'
import type { RegistrationRule } from '@beseda/proto/identity/v1/events'
import type { DoneCommand } from '../../application/accounts/command-keys.js'
import type { AccountInviteRecord, RegistrationStore } from '../../application/registration/ports.js'
import type { InviteState, InviteTerms } from '../../domain/registration/account-invite.js'
import { doneCommand } from './command-table.js'

interface InviteRow {
  readonly id: string
  readonly code_hash: Uint8Array
  readonly name: string
  readonly created_by: string
  readonly created_at: number
  readonly expires_at: number
  readonly max_uses: number
  readonly revoked: number
  readonly uses: number
}

const INVITES = `SELECT account_invite.*, (SELECT COUNT(*) FROM invite_use WHERE invite_id = id) AS uses FROM account_invite`

/** Who may register, as the decider and administrators take it. */
export class SqliteRegistrationStore implements RegistrationStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {}

  command(scope: string): DoneCommand | undefined {
    return doneCommand(this.projection.view, scope)
  }

  rule(): { readonly state: RegistrationRule | undefined; readonly lastSeq: number } {
    const row = this.projection.view.get<{ rule: RegistrationRule; seq: number }>('SELECT rule, seq FROM registration')
    return { state: row?.rule, lastSeq: row?.seq ?? 0 }
  }

  invite(inviteId: string): { readonly state: InviteState; readonly lastSeq: number } {
    const { view } = this.projection
    const row = this.#row('WHERE id = ?', inviteId)
    const terms = row && termsOf(recordOf(row))
    const uses = view.all<{ user_id: string }>('SELECT user_id FROM invite_use WHERE invite_id = ?', inviteId)
    const people = new Set(uses.map(({ user_id }) => user_id))
    const last = view.get<{ seq: number }>('SELECT seq FROM invite_subject WHERE invite_id = ?', inviteId)
    return { state: { terms, revoked: row?.revoked === 1, people }, lastSeq: last?.seq ?? 0 }
  }

  inviteRecord(inviteId: string): AccountInviteRecord | undefined {
    const row = this.#row('WHERE id = ?', inviteId)
    return row && recordOf(row)
  }

  inviteByCode(codeHash: Uint8Array): AccountInviteRecord | undefined {
    const row = this.#row('WHERE code_hash = ?', codeHash)
    return row && recordOf(row)
  }

  usableInvites(now: number, limit: number): readonly AccountInviteRecord[] {
    const sql = `${INVITES} WHERE revoked = 0 AND (expires_at = 0 OR expires_at > ?) AND (max_uses = 0 OR uses < max_uses)
      ORDER BY created_seq DESC LIMIT ?`
    return this.projection.view.all<InviteRow>(sql, now, limit).map(recordOf)
  }

  #row(condition: string, value: SqlValue): InviteRow | undefined {
    return this.projection.view.get<InviteRow>(`${INVITES} ${condition}`, value)
  }
}

const termsOf = ({ codeHash, name, maxUses, expiresAt }: AccountInviteRecord): InviteTerms => ({
  codeHash,
  name,
  maxUses,
  expiresAt,
})

const recordOf = (row: InviteRow): AccountInviteRecord => ({
  id: row.id,
  codeHash: row.code_hash,
  name: row.name,
  createdBy: row.created_by,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  maxUses: row.max_uses,
  uses: row.uses,
})
