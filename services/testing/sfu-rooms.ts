import { newId } from '@beseda/kernel'
import type { CallAccess, JoinCallResponse, StartCallResponse } from '@beseda/proto/call/v1/call_service'
import type { callersOf } from './callers.js'

/** Makes calls of so many; each person gets the picture and the access of their entry. */
export const callOfMany =
  ({ people, groupOf }: Pick<ReturnType<typeof callersOf>, 'people' | 'groupOf'>) =>
  async (count: number) => {
    const everybody = await people(count)
    const [owner, ...others] = everybody
    if (!owner) throw new Error('a call of nobody')
    const groupId = await groupOf(owner, others)
    const started = await owner.calls.startCall({ callId: newId(), groupId, ring: false })
    const { id: callId = '' } = started.call ?? {}
    let last: StartCallResponse | JoinCallResponse = started
    for (const { calls } of others) last = await calls.joinCall({ callId, groupId })
    return { everybody, owner, others, groupId, callId, last }
  }

/** The way into the room. Errors: the call goes through none. */
function placeOf({ sfu }: CallAccess) {
  if (!sfu) throw new Error('the access has no room')
  return sfu
}

const over = (url: string, token: string, path = '/rtc') =>
  `${url}${path}?access_token=${token}&protocol=15&sdk=js&version=2.0.0&auto_subscribe=1`

/** Address of a node's HTTP. */
export const httpOf = (url: string): string => url.replace(/^ws/, 'http')

/** What the node says of a token. */
export async function judged(access: CallAccess): Promise<number> {
  const { url, token } = placeOf(access)
  const answer = await fetch(over(httpOf(url), token, '/rtc/validate'))
  return answer.status
}

/** A node lets go of a device without media by itself, after a minute: who is out before this was put out. */
export const NODE_WAITS_MS = 30_000

/** Enters a room as far as signalling goes; resolves when the node has let the device in. `closed`: ms until it was out. */
export async function enter(access: CallAccess): Promise<{ readonly closed: Promise<number> }> {
  const { url, token } = placeOf(access)
  const socket = new WebSocket(over(url, token))
  const began = performance.now()
  const closed = new Promise<number>((resolve) =>
    socket.addEventListener('close', () => resolve(performance.now() - began), { once: true }),
  )
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('message', () => resolve(), { once: true })
    socket.addEventListener('error', () => reject(new Error('the node refused the device')), { once: true })
  })
  return { closed }
}
