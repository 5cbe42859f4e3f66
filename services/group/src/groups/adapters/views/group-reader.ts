import type { Projection } from '@beseda/event-log'
import { GroupReader } from '../../application/ports.js'
import type { GroupRecord, MemberRecord, WebhookRecord } from '../../application/records.js'
import {
  findGroup,
  findWebhooks,
  groupRecord,
  type MemberRow,
  memberRecord,
  type WebhookRow,
  webhookRecord,
} from './group-rows.js'

const MEMBER = 'SELECT user_id, role, joined_seq, muted_until FROM member WHERE group_id = ?'

export class SqliteGroupReader extends GroupReader {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  group(groupId: string): GroupRecord | undefined {
    const row = findGroup(this.#view, groupId)
    return row && groupRecord(row)
  }

  member(groupId: string, userId: string): MemberRecord | undefined {
    const row = this.#view.get<MemberRow>(`${MEMBER} AND user_id = ?`, groupId, userId)
    return row && memberRecord(row)
  }

  members(groupId: string): readonly MemberRecord[] {
    return this.#view.all<MemberRow>(MEMBER, groupId).map(memberRecord)
  }

  groupIdsOf(userId: string): readonly string[] {
    const rows = this.#view.all<{ id: string }>('SELECT group_id AS id FROM member WHERE user_id = ?', userId)
    return rows.map(({ id }) => id)
  }

  isBlocked(one: string, other: string): boolean {
    const sql = 'SELECT 1 FROM block WHERE (user_id, other_id) IN (VALUES (?, ?), (?, ?)) LIMIT 1'
    return this.#view.get(sql, one, other, other, one) !== undefined
  }

  isPerson(id: string): boolean {
    return this.#view.get('SELECT 1 FROM member WHERE user_id = ? LIMIT 1', id) !== undefined
  }

  webhooks(groupId: string): readonly WebhookRecord[] {
    return findWebhooks(this.#view, groupId).map(webhookRecord)
  }

  webhookByToken(tokenHash: Uint8Array): WebhookRecord | undefined {
    const row = this.#view.get<WebhookRow>('SELECT * FROM webhook WHERE token_hash = ?', tokenHash)
    return row && webhookRecord(row)
  }

  get #view() {
    return this.projection.view
  }
}
