import { randomBytes } from 'node:crypto'
import { CallService } from '@beseda/proto/call/v1/call_service'
import { MediaKeyService } from '@beseda/proto/call/v1/media_key_service'
import { Refused } from './api.mjs'
import { timed } from './person.mjs'

/** Bytes of an external commit and of the group info of a call of fifty devices. What is in them is nobody's business but the devices'. */
const SIZES = { commit: 3_400, groupInfo: 14_800 }

/** A device in the call. */
/** @typedef {{ socket: import('./socket.mjs').Socket, groupId: string, callId: string }} Seat */

/**
 * What a device does before its media flow through an SFU: it asks for the way into the room and shows it to the node, and enters the group of the
 * room's keys, as often as others overtake it. @param {Seat} seat @param {import('./person.mjs').Metrics} metrics
 */
export async function enterRoom({ socket, groupId, callId }, metrics) {
  const began = performance.now()
  const { access } = await timed(metrics, 'sfu.access', () =>
    socket.request(CallService.method.renewCall, { groupId, callId, wantAccess: true }),
  )
  if (!access?.sfu) throw new Refused('sfu.no_room')
  const { url, token, generation } = access.sfu
  const answer = await timed(metrics, 'sfu.node', () =>
    fetch(`${url.replace(/^ws/, 'http')}/rtc/validate?access_token=${token}`),
  )
  if (!answer.ok) throw new Refused(`sfu.node.${answer.status}`)
  const attempts = await enterKeys(socket, { groupId, callId, generation }, metrics)
  metrics.emit('histogram', 'beseda.sfu.ready', performance.now() - began)
  metrics.emit('histogram', 'beseda.sfu.attempts', attempts)
}

/** Returns how many commits it took. @param {Seat['socket']} socket @param {{ groupId: string, callId: string, generation: number }} group @param {import('./person.mjs').Metrics} metrics */
async function enterKeys(socket, group, metrics) {
  const ask = { ...group, epoch: 0 }
  let { epoch } = await timed(metrics, 'sfu.keys', () =>
    socket.request(MediaKeyService.method.listMediaKeyCommits, ask),
  )
  for (let attempts = 1; ; attempts++) {
    const commit = epoch === 0 ? new Uint8Array() : randomBytes(SIZES.commit)
    const step = { ...group, epoch, commit, groupInfo: randomBytes(SIZES.groupInfo) }
    const { accepted, missed } = await timed(metrics, 'sfu.commit', () =>
      socket.request(MediaKeyService.method.commitMediaKeys, step),
    )
    if (accepted) return attempts
    epoch = missed?.epoch ?? 0
  }
}
