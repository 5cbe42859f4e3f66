import type { Projection, SqliteView, StoredCommit } from '@beseda/event-log'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { EmailClaim, EmailStore } from '../../application/email/ports.js'

export const EMAIL_SCHEMA = `
  CREATE TABLE email_claim (key TEXT PRIMARY KEY, user_id TEXT NOT NULL, claimed_at INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX email_claim_user ON email_claim (user_id);
`

/** The newest claim of an address is the one that may count. */
export function applyEmailClaim(view: SqliteView, key: string, { commit, seq }: StoredCommit): void {
  for (const { body } of commit.events) {
    if (body.case !== 'emailClaimed') continue
    const at = commit.time ? timestampMs(commit.time) : 0
    view.run('INSERT OR REPLACE INTO email_claim VALUES (?, ?, ?, ?)', key, body.value.userId, at, seq)
  }
}

const CLAIM = 'SELECT key, user_id AS userId, claimed_at AS claimedAt, seq FROM email_claim'

export class SqliteEmailStore implements EmailStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {}

  claim(key: string): EmailClaim | undefined {
    return this.projection.view.get<EmailClaim>(`${CLAIM} WHERE key = ?`, key)
  }

  claimsOf(userId: string): readonly EmailClaim[] {
    return this.projection.view.all<EmailClaim>(`${CLAIM} WHERE user_id = ?`, userId)
  }
}
