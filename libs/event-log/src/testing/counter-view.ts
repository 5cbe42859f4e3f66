import type { ViewDefinition } from '../views/sqlite-view.js'

/** A view for tests: counts the commits of each subject, and throws at a commit whose traceparent is `break`. */
export const counterView = (version = 1, prompt?: readonly string[]): ViewDefinition => ({
  name: 'counter',
  version,
  ...(prompt ? { prompt } : {}),
  schema: 'CREATE TABLE counter (subject TEXT PRIMARY KEY, n INTEGER NOT NULL)',
  apply: (view, { subject, commit }) => {
    view.run('INSERT INTO counter VALUES (?, 1) ON CONFLICT DO UPDATE SET n = n + 1', subject)
    if (commit.traceparent === 'break') throw new Error('cannot be folded')
  },
})
