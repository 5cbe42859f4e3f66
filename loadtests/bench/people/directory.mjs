import { createHash } from 'node:crypto'
import { uuidv7 } from '@beseda/kernel'
import { accountSubject, IDENTITY_STREAM, usernameSubject } from '@beseda/proto'
import { AccountRegisteredSchema, UsernameClaimedSchema } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import { fold, storedCommit } from '../lib/commits.mjs'
import { nameOf } from './names.mjs'

const BATCH = 500
const BEGINNING = Date.UTC(2026, 0, 1)
const PASSWORD_HASH = `$argon2id$v=19$m=19456,t=2,p=1$${'s'.repeat(22)}$${'h'.repeat(43)}`

/** @typedef {import('./names.mjs').Name} Name */

/**
 * Registers this many people in a view, with the commits that a registration would write.
 * @param {import('@beseda/event-log').SqliteView} view @param {number} count @param {import('../lib/random.mjs').Random} random
 * @returns {{ people: Name[], ms: number }} `ms`: time of the folding alone
 */
export function populate(view, count, random) {
  const people = peopleOf(count, random)
  return { people, ms: fold(view, IDENTITY_STREAM, registrations(people), BATCH) }
}

/** User names are unique. @param {number} count @param {import('../lib/random.mjs').Random} random */
function peopleOf(count, random) {
  /** @type {Map<string, Name>} */
  const byName = new Map()
  while (byName.size < count) {
    const name = nameOf(random)
    if (!byName.has(name.username)) byName.set(name.username, name)
  }
  return [...byName.values()]
}

function* registrations(/** @type {readonly Name[]} */ people) {
  for (const [i, { first, last, username }] of people.entries()) {
    if (i > 0 && i % 100_000 === 0) console.error(`${i} people`)
    const at = BEGINNING + i
    const userId = uuidv7(at, crypto.getRandomValues(new Uint8Array(10)))
    const commandId = uuidv7(at, crypto.getRandomValues(new Uint8Array(10)))
    const key = createHash('sha256').update(username).digest('hex')
    const displayName = `${first} ${last}`
    const place = { stream: IDENTITY_STREAM, at }
    const by = { commandId, actorId: userId }
    const claim = create(UsernameClaimedSchema, { username, userId })
    yield storedCommit({ ...place, subject: usernameSubject(key), seq: 2 * i + 1 }, [
      { ...by, body: { case: 'usernameClaimed', value: claim } },
    ])
    const account = create(AccountRegisteredSchema, {
      username,
      displayName,
      passwordHash: PASSWORD_HASH,
      locale: 'ru',
    })
    yield storedCommit({ ...place, subject: accountSubject(userId), seq: 2 * i + 2 }, [
      { ...by, body: { case: 'accountRegistered', value: account } },
    ])
  }
}
