import SimplePeer from 'simple-peer/simplepeer.min.js'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { RestartingPeer } from './restarting-peer.js'

/**
 * Behaviour of simple-peer 9.11.1 that we rely on or correct. The version is pinned; if one of these tests fails after an
 * update, review `RestartingPeer`.
 */
type Inside = Record<string, unknown> & {
  _pc: RTCPeerConnection
  _onConnectionStateChange(): void
  _addIceCandidate(candidate: RTCIceCandidateInit): void
}
const inside = (peer: unknown) => peer as Inside
const open: { destroy(): void }[] = []
afterEach(() => {
  for (const peer of open.splice(0)) peer.destroy()
})
const KINDS = { stock: SimplePeer, ours: RestartingPeer }
type Kind = keyof typeof KINDS
function make(kind: Kind, initiator = true) {
  const peer = new KINDS[kind]({ initiator, config: { iceServers: [] } }) as RestartingPeer
  const errors: string[] = []
  peer.on('error', (error: Error & { code?: string }) => errors.push(error.code ?? error.message))
  open.push(peer)
  return { peer, errors }
}

async function pair(kind: Kind) {
  const [one, other] = [make(kind), make(kind, false)]
  one.peer.on('signal', (data) => other.peer.signal(data))
  other.peer.on('signal', (data) => one.peer.signal(data))
  await Promise.all([one, other].map(({ peer }) => new Promise((resolve) => peer.once('connect', resolve))))
  return [one, other] as const
}

test('the private fields exist', () => {
  const { peer } = make('ours')
  for (const name of [
    '_pc',
    '_pcReady',
    'destroying',
    'offerOptions',
    'negotiate',
    '_onConnectionStateChange',
    '_onIceStateChange',
    '_addIceCandidate',
    '_maybeReady',
  ])
    expect([name, name in inside(peer)]).toEqual([name, true])
})

describe('a connection that failed', () => {
  const fail = (peer: unknown) => {
    Object.defineProperty(inside(peer)._pc, 'connectionState', { get: () => 'failed' })
    inside(peer)._onConnectionStateChange()
  }
  test('destroys a stock peer', async () => {
    const { peer, errors } = make('stock')
    fail(peer)
    await vi.waitFor(() => expect([peer.destroyed, errors]).toEqual([true, ['ERR_CONNECTION_FAILURE']]))
  })
  test('does not destroy ours', async () => {
    const { peer, errors } = make('ours')
    fail(peer)
    await new Promise((resolve) => queueMicrotask(() => resolve(undefined)))
    expect([peer.destroyed, errors]).toEqual([false, []])
  })
})

describe('a candidate of an older generation', () => {
  const stale = { candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host ufrag gone', sdpMid: 'none', sdpMLineIndex: 99 }
  test('destroys a stock peer', async () => {
    const [{ peer, errors }] = await pair('stock')
    inside(peer)._addIceCandidate(stale)
    await vi.waitFor(() => expect(errors).toEqual(['ERR_ADD_ICE_CANDIDATE']))
  })
  test('does not destroy ours', async () => {
    const [{ peer, errors }] = await pair('ours')
    const changed = new Promise((resolve) => peer.once('linkStateChange' as never, resolve))
    inside(peer)._addIceCandidate(stale)
    await changed
    expect([peer.destroyed, errors]).toEqual([false, []])
  })
})

/** Handlers (`on…`) that are set on an object of the browser. */
function handlersOf(target: object): string[] {
  const names: string[] = []
  for (const name in target)
    if (name.startsWith('on') && (target as Record<string, unknown>)[name] !== null) names.push(name)
  return names
}

test('a destroyed peer leaves no handler on its connection and its channel, through which they would hold the call', async () => {
  const [{ peer }, other] = await pair('ours')
  const [connection, channel] = [inside(peer)._pc, inside(peer)._channel as RTCDataChannel]
  expect(handlersOf(connection)).toContain('onconnectionstatechange')
  const closed = new Promise((resolve) => peer.once('close', resolve))
  peer.destroy()
  await closed
  expect([connection.connectionState, handlersOf(connection), handlersOf(channel)]).toEqual(['closed', [], []])
  other.peer.destroy()
})

test('an invalid signal destroys the peer: signals must be validated first', async () => {
  const { peer, errors } = make('stock')
  peer.signal({} as never)
  await vi.waitFor(() => expect(errors).toEqual(['ERR_SIGNALING']))
})

test('without our configuration it would use public STUN servers', () => {
  expect(JSON.stringify((SimplePeer as unknown as { config: unknown }).config)).toMatch(/google.*twilio/)
  expect(inside(make('ours').peer)._pc.getConfiguration().iceServers).toEqual([])
})

test('only the initiator makes offers; the other side requests one', async () => {
  const { peer } = make('ours', false)
  const asked = new Promise((resolve) => peer.once('signal', resolve))
  peer.restartIce()
  expect(await asked).toEqual({ type: 'renegotiate', renegotiate: true })
})

test('a restart keeps the connection and the data channel, and changes the credentials', async () => {
  const [one, other] = await pair('ours')
  const pc = inside(one.peer)._pc
  const ufrag = () => /a=ice-ufrag:(\S+)/.exec(pc.currentLocalDescription?.sdp ?? '')?.[1]
  const before = ufrag()
  one.peer.restartIce()
  await vi.waitFor(() => expect(ufrag()).not.toBe(before))
  const heard = new Promise((resolve) => other.peer.once('data', resolve))
  one.peer.send('still here')
  expect(String(await heard)).toBe('still here')
  expect(inside(one.peer)._pc).toBe(pc)
})

test('a peer ends when the other side ends', async () => {
  const [one, other] = await pair('ours')
  const closed = new Promise((resolve) => one.peer.once('close', resolve))
  other.peer.destroy()
  await closed
})
