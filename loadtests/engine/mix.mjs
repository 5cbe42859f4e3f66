import { randomUUID } from 'node:crypto'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { Refused } from './api.mjs'
import { timed } from './person.mjs'
import { cut } from './storm.mjs'
import { post } from './talk.mjs'

/** @typedef {import('./person.mjs').Step} Step */

const PAGE = 30
/** Replies per hundred messages (Mattermost's simulator). */
const REPLIES = 18

/** @param {Step} step */
function here({ person: { socket, groupId } }) {
  if (!socket || !groupId) throw new Refused('act_before_connect')
  return { socket, groupId }
}

/** @type {Record<string, (step: Step) => Promise<unknown>>} */
const ACTIONS = {
  /** Opens another conversation: its newest page, its members, and marks it read. */
  async open(step) {
    const { socket, groupId } = here(step)
    const { messages } = await timed(step.metrics, 'open', async () => {
      const [page] = await Promise.all([
        socket.request(GroupService.method.listMessages, { groupId, limit: PAGE }),
        socket.request(MembershipService.method.listMembers, { groupId }),
      ])
      return page
    })
    step.person.older = messages[0]?.seq
    const last = messages.at(-1)
    if (last) await socket.request(GroupService.method.markRead, { groupId, seq: last.seq, index: last.index })
  },
  /** Loads an older page. */
  async scroll(step) {
    const { socket, groupId } = here(step)
    const request = { groupId, beforeSeq: step.person.older ?? 0n, limit: PAGE }
    const { messages } = await timed(step.metrics, 'scroll', () =>
      socket.request(GroupService.method.listMessages, request),
    )
    step.person.older = messages[0]?.seq ?? 0n
  },
  async post(step) {
    const { newest } = step.person
    const replyTo = newest && Math.random() * 100 < REPLIES ? newest.id : ''
    await post({ ...step, options: { text: 'съешь ещё этих мягких французских булок', replyTo } })
  },
  async react(step) {
    const { socket, groupId } = here(step)
    const { newest } = step.person
    if (!newest) return
    const request = { commandId: randomUUID(), groupId, messageId: newest.id, emoji: '👍', present: true }
    await timed(step.metrics, 'react', () => socket.request(GroupService.method.setReaction, request))
  },
  reconnect: (step) => cut(step),
  /** Other periodic requests of a client: counters, people, names. */
  async readStates(step) {
    await timed(step.metrics, 'read_states', () => here(step).socket.request(GroupService.method.listReadStates, {}))
  },
  async groups(step) {
    await timed(step.metrics, 'groups', () => here(step).socket.request(MembershipService.method.listMyGroups, {}))
  },
  async profile(step) {
    const userIds = step.person.userId ? [step.person.userId] : []
    await timed(step.metrics, 'profile', () => here(step).socket.request(IdentityService.method.getUsers, { userIds }))
  },
  async search(step) {
    await timed(step.metrics, 'search', () =>
      here(step).socket.request(IdentityService.method.searchUsers, { query: 'load' }),
    )
  },
}

/**
 * Weights as published for Mattermost's load test (simulcontroller: switch channel 42 %, scroll 13 %, post 6.5 %, reconnect 0.9 %,
 * react 0.85 %); the remaining share of its 51 actions is divided among four of ours.
 */
export const MIX = /** @type {const} */ ({
  open: 42,
  scroll: 13,
  post: 6.5,
  reconnect: 0.9,
  react: 0.85,
  readStates: 15,
  groups: 10,
  profile: 8.75,
  search: 3,
})

/** The action at a position in the mix. @param {number} random 0 to 1 @returns {keyof typeof MIX} */
export function actionAt(random) {
  const entries = /** @type {[keyof typeof MIX, number][]} */ (Object.entries(MIX))
  let left = random * entries.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [name, weight] of entries) {
    left -= weight
    if (left < 0) return name
  }
  return 'open'
}

/** One action of the mix. @param {Step} step */
export const act = (step) => ACTIONS[actionAt(Math.random())]?.(step)
