import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

/**
 * Every store of the client, and everything else that folds frames of the server, with the test that delivers its responses and events in
 * any order, or the reason why none is needed. A new one is red here until it has one of both.
 */
const LAWS: Readonly<Record<string, string>> = {
  // Conversations, members, join requests, messages, threads, read markers.
  'sync/chat.ts': 'sync/as-of.spec.ts',
  'stores/chat.ts': 'sync/as-of.spec.ts',
  'features/calls/calls.ts': 'features/calls/overtaken.spec.ts',
  'features/calls/store.ts': 'features/calls/overtaken.spec.ts',
  'sync/entries-between.ts': 'sync/entries-between.spec.ts',
  'features/calls/records/store.ts': 'features/calls/records/call-entries.spec.ts',
  'features/chat/system/store.ts': 'features/chat/system/system-entries.spec.ts',
  'features/calls/records/missed.ts': 'features/calls/records/missed.spec.ts',
  'features/calls/records/missed-store.ts': 'features/calls/records/missed.spec.ts',
  'features/chat/poll/use-polls.ts': 'features/chat/poll/standing.spec.ts',
  'features/chat/search/use-live-found.ts': 'features/chat/search/live-found.spec.ts',
  'features/inbox/use-reactions.ts': 'sync/overtaken.spec.ts',
  'features/threads/my-threads-of.ts': 'features/threads/my-threads.spec.ts',
  'features/threads/my-threads.ts': 'features/threads/my-threads.spec.ts',
  'stores/arrangement.ts': 'sync/newest.spec.ts',
  'stores/blocks.ts': 'sync/newest.spec.ts',
  'stores/notifications.ts': 'sync/newest.spec.ts',
  'stores/directory.ts': 'sync/overtaken.spec.ts',
  'stores/quoted.ts': 'sync/overtaken.spec.ts',
  'stores/drafts.ts': 'stores/drafts.browser.spec.ts',
}
/** What a store must use for the test of another file to be about it. */
const BY: Readonly<Record<string, RegExp>> = {
  'sync/as-of.spec.ts': /chatOf/,
  'features/calls/overtaken.spec.ts': /callsOf/,
  'sync/entries-between.spec.ts': /InFlightRequests[\s\S]*merged\(/,
  'features/calls/records/call-entries.spec.ts': /entriesBetween\(/,
  'features/chat/system/system-entries.spec.ts': /entriesBetween\(/,
  'features/calls/records/missed.spec.ts': /missedCallsOf/,
  'features/chat/poll/standing.spec.ts': /withAnswer\([\s\S]*withCommit\(/,
  'features/chat/search/live-found.spec.ts': /new LiveFound/,
  'features/threads/my-threads.spec.ts': /myThreadsOf/,
  'sync/newest.spec.ts': /new Newest/,
  'sync/overtaken.spec.ts': /new Overtaken/,
}
const NO_NEED: Readonly<Record<string, string>> = {
  'stores/presence.ts': 'each frame carries the whole presence of a person; nothing is fetched',
  'stores/typing.ts': 'each notice stands for itself for six seconds',
  'stores/notices.ts': 'one request after another, each at least as new as the change that caused it',
  'net/the-connection.ts': 'keeps the limit of uploads that each Ready carries whole',
  'stores/account.ts': 'the profile of the person, changed by this window; a change elsewhere comes whole',
  'stores/arrival.ts': 'only whether the groups have been listed',
  'stores/composing.ts': 'only of this window',
  'stores/dialogs.ts': 'only of this window',
  'stores/hidden-messages.ts': 'only of this window',
  'stores/panel.ts': 'only of this window',
  'stores/theme.ts': 'only of this browser',
  'features/chat/message/deleting.ts': 'only of this window, until it is deleted',
  'features/chat/selection/selection.ts': 'only of this window, until it is left',
  'features/inbox/use-inbox.ts': 'messages are only added, each once; use-live-found.ts takes them away',
  'features/chat/message/dialogs/SeenByDialog.vue': 'fetched again at each change; useRefresh keeps the newest answer',
  'features/calls/schedule/UpcomingCall.vue':
    'fetched again at each change of a schedule; useRefresh keeps the newest answer',
  'features/notices/start.ts': 'shows toasts, keeps nothing',
  'features/notifications/later.ts': 'sends what was answered, keeps nothing; what it asks are the stores above',
  'features/notifications/start.ts': 'shows notifications, keeps nothing; what it loads are the stores above',
  'ui/use/use-file-url.ts': 'fetches a file again when the network is back; a file never changes',
  'features/shell/list/use-list.ts': 'only of this window; what it orders are the stores above',
  'features/shell/Shell.vue': 'only starts what is named here',
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDS = /\bconnection\.on\(|\bdefineStore\(/
const sources = new Map(
  globSync('**/*.{ts,vue}', { cwd: ROOT })
    .filter((file) => !/spec\.ts$|testing\.ts$/.test(file))
    .map((file) => [file, readFileSync(`${ROOT}/${file}`, 'utf8')]),
)
const stores = [...sources].flatMap(([file, source]) => (FOLDS.test(source) ? [file] : []))

test('each has its law, or the reason why it needs none', () => {
  expect(new Set(stores)).toEqual(new Set([...Object.keys(LAWS), ...Object.keys(NO_NEED)]))
})

describe('the law is about the store', () => {
  test.each(Object.entries(LAWS))('%s: %s', (store, law) => {
    expect(globSync(law, { cwd: ROOT })).toEqual([law])
    expect(sources.get(store)).toMatch(BY[law] ?? /./)
  })
})
