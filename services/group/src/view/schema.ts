import { REPORTS_SCHEMA } from '../moderation/adapters/views/report-view.js'

/**
 * The view of the group service. A message has one integer key: milliseconds of its time, then a running number; so keys
 * of one group grow with its order, and dates are ranges of keys (also in the full-text index).
 */
export const SCHEMA = `
  CREATE TABLE grp (
    id TEXT PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, topic TEXT NOT NULL, created_at INTEGER NOT NULL,
    founder_id TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0, group_seq INTEGER NOT NULL, roster_seq INTEGER NOT NULL DEFAULT 0,
    messages_seq INTEGER NOT NULL DEFAULT 0, avatar_file_id TEXT NOT NULL DEFAULT '', archived INTEGER NOT NULL DEFAULT 0,
    settings BLOB, number INTEGER NOT NULL UNIQUE
  ) WITHOUT ROWID;
  CREATE TABLE member (
    group_id TEXT NOT NULL, user_id TEXT NOT NULL, role INTEGER NOT NULL, joined_seq INTEGER NOT NULL,
    muted_until INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (group_id, user_id)
  ) WITHOUT ROWID;
  CREATE INDEX member_user ON member (user_id);
  CREATE TABLE mute (group_id TEXT NOT NULL, user_id TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (group_id, user_id)) WITHOUT ROWID;
  CREATE TABLE webhook (
    id TEXT PRIMARY KEY, group_id TEXT NOT NULL, name TEXT NOT NULL, token_hash BLOB NOT NULL UNIQUE, created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX webhook_group ON webhook (group_id);
  CREATE TABLE command (id TEXT PRIMARY KEY, group_id TEXT NOT NULL, actor_id TEXT NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;

  CREATE TABLE message (
    key INTEGER PRIMARY KEY, group_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, id TEXT NOT NULL,
    author_id TEXT NOT NULL, thread_id TEXT NOT NULL, sent_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0, edited_at INTEGER NOT NULL DEFAULT 0, edited_seq INTEGER NOT NULL DEFAULT 0, body BLOB NOT NULL
  );
  CREATE UNIQUE INDEX message_id ON message (group_id, id);
  CREATE INDEX message_line ON message (group_id, thread_id, seq, idx, author_id, deleted);
  CREATE INDEX message_time ON message (group_id, thread_id, sent_at, seq);
  CREATE INDEX message_author ON message (author_id, group_id, key);
  CREATE INDEX message_expiry ON message (expires_at) WHERE expires_at > 0 AND deleted = 0;
  CREATE VIRTUAL TABLE message_text USING fts5(
    words, content = '', detail = none, prefix = '8 9 10', tokenize = "unicode61 remove_diacritics 0 tokenchars '_'"
  );
  INSERT INTO message_text (message_text, rank) VALUES ('secure-delete', 1);
  CREATE TABLE early_edit (group_id TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, event BLOB NOT NULL, PRIMARY KEY (group_id, id)) WITHOUT ROWID;
  CREATE TABLE deletion (group_id TEXT NOT NULL, message_id TEXT NOT NULL, PRIMARY KEY (group_id, message_id)) WITHOUT ROWID;
  CREATE TABLE thread (group_id TEXT NOT NULL, id TEXT NOT NULL, replies INTEGER NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY (group_id, id)) WITHOUT ROWID;
  CREATE TABLE reaction (
    group_id TEXT NOT NULL, message_id TEXT NOT NULL, emoji TEXT NOT NULL, user_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL,
    present INTEGER NOT NULL, PRIMARY KEY (group_id, message_id, emoji, user_id)
  ) WITHOUT ROWID;
  CREATE TABLE pin (
    group_id TEXT NOT NULL, message_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, pinned INTEGER NOT NULL, PRIMARY KEY (group_id, message_id)
  ) WITHOUT ROWID;
  CREATE TABLE mention (
    group_id TEXT NOT NULL, target TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, author_id TEXT NOT NULL, message_id TEXT NOT NULL,
    PRIMARY KEY (group_id, target, seq, idx)
  ) WITHOUT ROWID;
  CREATE TABLE early_answer (
    group_id TEXT NOT NULL, reply_to TEXT NOT NULL, message_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, author_id TEXT NOT NULL,
    PRIMARY KEY (group_id, reply_to, message_id)
  ) WITHOUT ROWID;
  CREATE INDEX mention_message ON mention (group_id, message_id);
  CREATE TABLE read_mark (
    group_id TEXT NOT NULL, user_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, stored_seq INTEGER NOT NULL, PRIMARY KEY (group_id, user_id)
  ) WITHOUT ROWID;
  CREATE TABLE hidden (user_id TEXT NOT NULL, group_id TEXT NOT NULL, message_id TEXT NOT NULL, PRIMARY KEY (user_id, group_id, message_id)) WITHOUT ROWID;
  CREATE TABLE audit (group_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, at INTEGER NOT NULL, event BLOB NOT NULL, PRIMARY KEY (group_id, seq, idx)) WITHOUT ROWID;
  CREATE TABLE call_record (
    group_id TEXT NOT NULL, seq INTEGER NOT NULL, call_id TEXT NOT NULL, started_at INTEGER NOT NULL, caller_id TEXT NOT NULL, video INTEGER NOT NULL,
    ended_at INTEGER NOT NULL DEFAULT 0, reason INTEGER NOT NULL DEFAULT 0, duration_s INTEGER NOT NULL DEFAULT 0, missed TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (group_id, seq)
  ) WITHOUT ROWID;
  CREATE INDEX call_record_id ON call_record (group_id, call_id);

  CREATE TABLE gone (user_id TEXT PRIMARY KEY, erased INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
  CREATE TABLE block (user_id TEXT NOT NULL, other_id TEXT NOT NULL, PRIMARY KEY (user_id, other_id)) WITHOUT ROWID;

  CREATE TABLE content_at (group_id TEXT NOT NULL, message_id TEXT NOT NULL, stored_seq INTEGER NOT NULL, PRIMARY KEY (group_id, message_id, stored_seq)) WITHOUT ROWID;
  CREATE TABLE erasure_due (group_id TEXT NOT NULL, stored_seq INTEGER NOT NULL, PRIMARY KEY (group_id, stored_seq)) WITHOUT ROWID;
  CREATE TABLE close_due (group_id TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE purge_due (group_id TEXT PRIMARY KEY, upto_seq INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE file_use (file_id TEXT NOT NULL, group_id TEXT NOT NULL, message_id TEXT NOT NULL, PRIMARY KEY (file_id, group_id, message_id)) WITHOUT ROWID;
  CREATE INDEX file_use_message ON file_use (group_id, message_id);
  CREATE TABLE file_due (file_id TEXT PRIMARY KEY) WITHOUT ROWID;
  ${REPORTS_SCHEMA}
`
