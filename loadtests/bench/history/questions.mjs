import { SqliteGroupReader } from '../../../services/group/dist/groups/adapters/views/group-reader.js'
import { Access } from '../../../services/group/dist/groups/application/access.js'
import { SqliteMessageReader } from '../../../services/group/dist/messages/adapters/views/message-reader.js'
import { SqliteReadMarkerStore } from '../../../services/group/dist/messages/adapters/views/read-marker-store.js'
import { MessageQueries } from '../../../services/group/dist/messages/application/message-queries.js'
import { rareWord } from '../lib/words.mjs'
import { APART, RARE_EVERY } from './group.mjs'

export const NEVER_TOGETHER = 'search: two words never together'
const PAGE = 50
/** The service's default page size. */
const FOUND = 25
/** The number of frequent words in the vocabulary. */
const FREQUENT = 50
/** Searches for two words choose from this number of most frequent words. */
const ORDINARY = 1_000

/** The service's own code over a view that is always up to date: it measures reading, not the bus. */
function readingOf(/** @type {import('@beseda/event-log').SqliteView} */ view) {
  const history = /** @type {import('@beseda/history').GroupHistory} */ (
    /** @type {unknown} */ ({
      waitForNamed: async () => {},
      confirmRefusals: async (/** @type {unknown} */ _id, _signal, ask) => ask(),
    })
  )
  const groups = new SqliteGroupReader({ view })
  const access = new Access(history, groups)
  return {
    access,
    queries: new MessageQueries(access, groups, new SqliteMessageReader({ view })),
    markers: new SqliteReadMarkerStore({ view }),
  }
}

/**
 * @typedef {{ name: string, prepare(): unknown, run(prepared: any): unknown }} Question
 * @param {import('./group.mjs').TalkingGroup} group @param {import('../lib/random.mjs').Random} random @returns {Question[]}
 */
export function questionsOf(group, random) {
  const { view, id: groupId, speech } = group
  const { access, queries, markers } = readingOf(view)
  const { signal } = new AbortController()
  const somebody = () => random.of(group.members)
  const page = (/** @type {object} */ place) =>
    queries.page(
      {
        groupId,
        threadId: '',
        beforeSeq: 0,
        afterSeq: 0,
        aroundMessageId: '',
        atTime: undefined,
        limit: PAGE,
        minSeq: 0,
        ...place,
      },
      somebody(),
      signal,
    )
  const search = (/** @type {{ query?: string, authorId?: string }} */ wanted) =>
    queries.search(
      groupId,
      somebody(),
      { query: '', authorId: '', has: [], after: 0, before: 0, cursor: 0, limit: FOUND, ...wanted },
      signal,
    )
  const word = (/** @type {number} */ among) => random.of(speech.vocabulary.slice(0, among))
  const unread = (/** @type {string} */ userId) => {
    const { group: record, member } = access.visit(groupId, userId)
    return markers.state(record, member, Date.now())
  }
  return [
    { name: 'newest page', prepare: () => ({}), run: page },
    { name: 'page before a place', prepare: () => ({ beforeSeq: random.between(3, group.lastSeq) }), run: page },
    { name: 'page around a message', prepare: () => ({ aroundMessageId: random.of(group.someIds) }), run: page },
    { name: 'search: frequent word', prepare: () => ({ query: `${word(FREQUENT)} ` }), run: search },
    { name: 'search: rare word', prepare: () => ({ query: rareWord(rare(group.size, random)) }), run: search },
    { name: 'search: two words', prepare: () => ({ query: `${word(ORDINARY)} ${word(ORDINARY)} ` }), run: search },
    {
      name: 'search: two frequent words',
      prepare: () => ({ query: `${word(FREQUENT)} ${word(FREQUENT)} ` }),
      run: search,
    },
    { name: NEVER_TOGETHER, prepare: () => ({ query: `${APART.flat().join(' ')} ` }), run: search },
    { name: 'search: 3 letters', prepare: () => ({ query: word(ORDINARY).slice(0, 3) }), run: search },
    { name: 'search: from a person', prepare: () => ({ authorId: somebody() }), run: search },
    { name: 'read state, 1,000 behind', prepare: somebody, run: unread },
  ]
}

/** The number of a message with a rare word. @param {number} size @param {import('../lib/random.mjs').Random} random */
const rare = (size, random) => random.between(0, Math.floor((size - 1) / RARE_EVERY)) * RARE_EVERY
