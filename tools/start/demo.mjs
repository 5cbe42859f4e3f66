import { createHash } from 'node:crypto'
import { PASSWORD, PEOPLE, ROOMS } from './demo-data.mjs'

/** Reasons why a room is skipped: somebody has deleted or left it since the last demo, which is their decision. */
const GONE = new Set(['ERROR_REASON_NOT_A_MEMBER', 'ERROR_REASON_GROUP_DELETED', 'ERROR_REASON_GROUP_NOT_FOUND'])
const RATE_LIMITED = 'ERROR_REASON_RATE_LIMITED'

class Refused extends Error {
  /** @param {string} method @param {string} reason */
  constructor(method, reason) {
    super(`${method} was refused: ${reason}`)
    this.reason = reason
  }
}

/**
 * A deterministic UUID for a text (version 8, RFC 9562). Commands with such ids are carried out once,
 * however often the demo is started.
 * @param {string} words
 */
export function idOf(words) {
  const hex = createHash('sha256').update(`beseda demo ${words}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** @typedef {{ id: string, token: string }} SignedIn */

/**
 * Seeds the demo over the HTTP API, as any client would. The first of its people administers the installation, unless somebody else founded it.
 * @param {string} url @param {string} founderCode @returns {Promise<string>} how to sign in
 */
export async function seedDemo(url, founderCode) {
  const call = callerOf(url)
  /** @type {Map<string, SignedIn>} */
  const people = new Map()
  for (const person of PEOPLE) people.set(person.username, await enter(call, person, founderCode))
  for (const room of ROOMS) await furnish(call, room, people)
  return `sign in as ${PEOPLE.map(({ username }) => username).join(', ')}; password: ${PASSWORD}`
}

/** @typedef {(method: string, request: object, token?: string) => Promise<any>} Call */

/** Connect unary in JSON (docs/api.md). @param {string} url @returns {Call} */
const callerOf = (url) => async (method, request, token) => {
  const response = await fetch(new URL(`/api/beseda.${method}`, url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(15_000),
  })
  const answer = await response.json()
  if (response.ok) return answer
  const { reason, retryAfterMs } = answer.details?.[0]?.debug ?? {}
  if (reason !== RATE_LIMITED) throw new Refused(method, reason ?? answer.code)
  await new Promise((resolve) => setTimeout(resolve, retryAfterMs ?? 1000))
  return callerOf(url)(method, request, token)
}

/** Signs in; registers first if the name is free. @param {Call} call @param {import('./demo-data.mjs').DemoPerson} person @param {string} code @returns {Promise<SignedIn>} */
async function enter(call, { statusText, ...person }, code) {
  const device = { id: idOf(`device ${person.username}`), name: 'npm start --demo' }
  const session = await call('identity.v1.IdentityService/SignIn', {
    username: person.username,
    password: PASSWORD,
    device,
  }).catch((error) => {
    if (error.reason !== 'ERROR_REASON_BAD_CREDENTIALS') throw error
    return call('identity.v1.IdentityService/Register', {
      commandId: idOf(`register ${person.username}`),
      password: PASSWORD,
      device,
      code,
      ...person,
    })
  })
  const token = session.tokens.accessToken
  if (statusText && !session.me.user.statusText) {
    const commandId = idOf(`status ${person.username}`)
    await call('identity.v1.IdentityService/UpdateProfile', { commandId, statusText }, token)
  }
  return { id: session.me.user.id, token }
}

/** Creates the room and posts its messages. @param {Call} call @param {import('./demo-data.mjs').DemoRoom} room @param {Map<string, SignedIn>} people */
async function furnish(call, { kind, name, topic, members, settings, talk }, people) {
  const place = name ?? members.join(' ')
  const [owner, ...others] = members.map((member) => found(people, member))
  try {
    const { group } = await call(
      'group.v1.GroupService/CreateGroup',
      {
        commandId: idOf(`room ${place}`),
        kind: `GROUP_KIND_${kind}`,
        ...(name ? { name } : {}),
        ...(topic ? { topic } : {}),
        memberIds: others.map(({ id }) => id),
      },
      owner?.token,
    )
    const about = { call, people, place, groupId: group.id, owner }
    if (settings) {
      const change = { commandId: idOf(`settings ${place}`), groupId: group.id, settings }
      await call('group.v1.GroupService/UpdateGroup', change, owner?.token)
    }
    for (const [at, [author, text, more = {}]] of talk.entries()) await say(about, at, author, text, more)
  } catch (error) {
    if (!(error instanceof Refused && GONE.has(error.reason))) throw error
  }
}

/**
 * Posts one message, with reactions and a pin.
 * @param {{ call: Call, people: Map<string, SignedIn>, place: string, groupId: string, owner: SignedIn | undefined }} about
 * @param {number} at @param {string} author @param {string} text @param {import('./demo-data.mjs').DemoMore} more
 */
async function say(
  { call, people, place, groupId, owner },
  at,
  author,
  text,
  { replyTo, thread, reactions = {}, pinned },
) {
  const idAt = (/** @type {number} */ index) => idOf(`message ${place} ${index}`)
  const messageId = idAt(at)
  const called = text.replace(/@([a-z]+)/g, (word, name) => (people.has(name) ? `<@${people.get(name)?.id}>` : word))
  const post = {
    messageId,
    groupId,
    text: called,
    ...(replyTo === undefined ? {} : { replyTo: idAt(replyTo) }),
    ...(thread === undefined ? {} : { threadId: idAt(thread) }),
  }
  await call('group.v1.GroupService/PostMessage', post, found(people, author).token)
  for (const [emoji, who] of Object.entries(reactions)) {
    for (const name of who) {
      const reaction = { commandId: idOf(`${emoji} ${place} ${at} ${name}`), groupId, messageId, emoji, present: true }
      await call('group.v1.GroupService/SetReaction', reaction, found(people, name).token)
    }
  }
  if (pinned) {
    const pin = { commandId: idOf(`pin ${place} ${at}`), groupId, messageId, pinned }
    await call('group.v1.GroupService/SetPinned', pin, owner?.token)
  }
}

/** @param {Map<string, SignedIn>} people @param {string} username */
function found(people, username) {
  const person = people.get(username)
  if (!person) throw new Error(`the demo has no person called ${username}`)
  return person
}
