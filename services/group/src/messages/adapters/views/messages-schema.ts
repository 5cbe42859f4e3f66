/**
 * Messages and what is said about them. A message has one integer key: the milliseconds of its time, then a running number. So the
 * keys of one group grow with its order, and dates are ranges of keys, also in the full-text index. Tables `early_*` and `deletion`
 * hold what was folded before its message, because an erasure has moved it (ADR 9). The index is given terms, not texts (ADR 58): its
 * tokenizer only cuts them at spaces, and knows nothing of Unicode, whose tables change with SQLite.
 */
export const MESSAGES_SCHEMA = `
  CREATE TABLE message (
    key INTEGER PRIMARY KEY, group_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, id TEXT NOT NULL,
    author_id TEXT NOT NULL, thread_id TEXT NOT NULL, sent_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0, edited_at INTEGER NOT NULL DEFAULT 0, edited_seq INTEGER NOT NULL DEFAULT 0, body BLOB NOT NULL,
    also_in TEXT
  );
  CREATE UNIQUE INDEX message_id ON message (group_id, id);
  CREATE INDEX message_line ON message (group_id, thread_id, seq, idx, author_id, deleted);
  CREATE INDEX message_also ON message (group_id, also_in, seq, idx) WHERE also_in IS NOT NULL;
  CREATE INDEX message_time ON message (group_id, thread_id, sent_at, seq);
  CREATE INDEX message_author ON message (author_id, group_id, key);
  CREATE INDEX message_expiry ON message (expires_at) WHERE expires_at > 0 AND deleted = 0;
  CREATE VIRTUAL TABLE message_text USING fts5(
    words, content = '', detail = none, prefix = '8 9 10', tokenize = "ascii tokenchars '_'"
  );
  INSERT INTO message_text (message_text, rank) VALUES ('secure-delete', 1);
  CREATE TABLE early_edit (group_id TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, event BLOB NOT NULL, PRIMARY KEY (group_id, id)) WITHOUT ROWID;
  CREATE TABLE deletion (group_id TEXT NOT NULL, message_id TEXT NOT NULL, PRIMARY KEY (group_id, message_id)) WITHOUT ROWID;
  CREATE TABLE thread (group_id TEXT NOT NULL, id TEXT NOT NULL, replies INTEGER NOT NULL, last_at INTEGER NOT NULL, last_seq INTEGER NOT NULL, PRIMARY KEY (group_id, id)) WITHOUT ROWID;
  CREATE INDEX thread_recent ON thread (group_id, last_seq);
  CREATE TABLE thread_part (user_id TEXT NOT NULL, group_id TEXT NOT NULL, thread_id TEXT NOT NULL, PRIMARY KEY (user_id, group_id, thread_id)) WITHOUT ROWID;
  CREATE TABLE thread_choice (
    user_id TEXT NOT NULL, group_id TEXT NOT NULL, thread_id TEXT NOT NULL, follows INTEGER NOT NULL, nth INTEGER NOT NULL, stored_seq INTEGER NOT NULL,
    PRIMARY KEY (user_id, group_id, thread_id)
  ) WITHOUT ROWID;
  CREATE TABLE reaction (
    group_id TEXT NOT NULL, message_id TEXT NOT NULL, emoji TEXT NOT NULL, user_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL,
    present INTEGER NOT NULL, PRIMARY KEY (group_id, message_id, emoji, user_id)
  ) WITHOUT ROWID;
  CREATE TABLE pin (
    group_id TEXT NOT NULL, message_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, pinned INTEGER NOT NULL, PRIMARY KEY (group_id, message_id)
  ) WITHOUT ROWID;
  CREATE TABLE poll_vote (
    group_id TEXT NOT NULL, message_id TEXT NOT NULL, user_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL,
    options INTEGER NOT NULL, PRIMARY KEY (group_id, message_id, user_id)
  ) WITHOUT ROWID;
  CREATE TABLE poll_end (
    group_id TEXT NOT NULL, message_id TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (group_id, message_id)
  ) WITHOUT ROWID;
  CREATE TABLE mention (
    group_id TEXT NOT NULL, target TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, author_id TEXT NOT NULL, message_id TEXT NOT NULL,
    thread_id TEXT NOT NULL, PRIMARY KEY (group_id, target, seq, idx)
  ) WITHOUT ROWID;
  CREATE TABLE early_answer (
    group_id TEXT NOT NULL, reply_to TEXT NOT NULL, message_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, author_id TEXT NOT NULL,
    thread_id TEXT NOT NULL, PRIMARY KEY (group_id, reply_to, message_id)
  ) WITHOUT ROWID;
  CREATE INDEX mention_message ON mention (group_id, message_id);
  CREATE INDEX mention_thread ON mention (target, group_id, thread_id) WHERE thread_id <> '';
  CREATE TABLE read_mark (
    group_id TEXT NOT NULL, user_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, stored_seq INTEGER NOT NULL,
    threads_seq INTEGER NOT NULL, threads_idx INTEGER NOT NULL, backs INTEGER NOT NULL, marked_unread INTEGER NOT NULL,
    seen_seq INTEGER NOT NULL, seen_idx INTEGER NOT NULL, PRIMARY KEY (group_id, user_id)
  ) WITHOUT ROWID;
  CREATE TABLE thread_mark (
    group_id TEXT NOT NULL, user_id TEXT NOT NULL, thread_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL,
    PRIMARY KEY (group_id, user_id, thread_id)
  ) WITHOUT ROWID;
  CREATE TABLE hidden (user_id TEXT NOT NULL, group_id TEXT NOT NULL, message_id TEXT NOT NULL, PRIMARY KEY (user_id, group_id, message_id)) WITHOUT ROWID;
`
