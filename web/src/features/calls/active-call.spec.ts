import { CallState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { afterEach, describe, expect, test } from 'vitest'
import { access, activeCallOnFakes, BOB, callWith, ME, settled } from './calls-testing.js'
import { SILENT } from './engine/media-state.js'
import type { MeshPeer } from './engine/mesh.js'
import { chosenDevices, talkSettings } from './media/devices.js'

afterEach(() => {
  talkSettings.value = { ...talkSettings.value, pushToTalk: false }
})
const peer = () =>
  ({
    ...BOB,
    away: false,
    tracks: {},
    media: { microphone: true },
    link: { state: 'connected' },
  }) as unknown as MeshPeer

describe('joining', () => {
  test('links to the other participants, announces its media, and saves its state for a reload', async () => {
    const { did, noted, active } = activeCallOnFakes()
    await settled()
    expect(did).toContain('mesh: me bob')
    expect(did).toContain('says: microphone')
    expect(noted.at(-1)).toEqual({ callId: 'call', microphone: true, camera: false, deafened: false })
    expect(active.snapshot.value).toMatchObject({
      connectedAt: 0,
      soundBlocked: false,
      own: { microphone: true, deafened: false },
    })
  })

  test('the first established link makes the call connected, once', async () => {
    const { mesh, clock, active, log } = activeCallOnFakes()
    await clock.pass(800)
    mesh().onState(BOB, 'connecting')
    mesh().onState(BOB, 'connected')
    await clock.pass(5_000)
    mesh().onState(BOB, 'connected')
    const connected = log.steps.filter(({ kind }) => kind === 'CALL_CONNECTED')
    expect(connected.map(({ durationMs }) => durationMs)).toEqual([800])
    active.update(callWith([ME, BOB], { revision: 2 }))
    await settled()
    expect(active.snapshot.value.connectedAt).toBe(1_000_800)
  })

  test('the clock counts from the server’s start, whatever this device’s clock says', async () => {
    const { active, clock } = activeCallOnFakes()
    const times = { answeredAt: timestampFromMs(1_700_000_000_000), sentAt: timestampFromMs(1_700_000_120_000) }
    active.update(callWith([ME, BOB], { revision: 2, ...times }))
    await settled()
    expect(clock.now() - active.snapshot.value.begunAt).toBe(120_000)
  })

  test('a link that is lost and found again is in the log, without a name', () => {
    const { mesh, log } = activeCallOnFakes()
    for (const state of ['connected', 'reconnecting', 'connected'] as const) mesh().onState(BOB, state)
    expect(log.steps.map(({ source, step }) => `${source} ${step}`)).toEqual([
      'calls connected',
      'calls.link reconnecting',
      'calls.link connected',
    ])
  })

  test('joins and leaves follow the call state, and an older state changes nothing', () => {
    const { active, did } = activeCallOnFakes()
    did.length = 0
    active.update(callWith([ME, BOB, { userId: 'eve', deviceId: 'e' }], { revision: 3 }))
    active.update(callWith([ME], { revision: 2 }))
    expect(did).toEqual(['mesh: me bob eve'])
  })

  test('only signals of this call reach the links', () => {
    const { active, did } = activeCallOnFakes()
    did.length = 0
    active.receive({ callId: 'another' } as never)
    active.receive({ callId: 'call' } as never)
    active.refused({} as never)
    expect(did).toEqual(['mesh: signal', 'mesh: refused'])
  })
})

test.each([true, false])('the server decides whether the links use the relay only (%s)', (relayOnly) => {
  const { mesh } = activeCallOnFakes(undefined, { ...access, relayOnly })
  expect(mesh().relayOnly).toBe(relayOnly)
})

describe('a lost connection', () => {
  test('when it is back, signals are sent again and the lease is renewed', async () => {
    const { active, did, server } = activeCallOnFakes()
    let renewed = 0
    server.renew = async () => ({ call: callWith([ME, BOB], { revision: ++renewed + 1 }) })
    did.length = 0
    await active.resume()
    expect(did).toEqual(['mesh: signalling back', 'mesh: me bob'])
    expect(renewed).toBe(1)
  })

  test('new TURN credentials reach the links', async () => {
    const { clock, did, server } = activeCallOnFakes()
    server.renew = async () => ({ access: { token: 'second', renewAfterMs: 300_000 } })
    did.length = 0
    await clock.pass(7_000)
    expect(did).toEqual(['mesh: new servers'])
  })

  test('the links are notified of a network change at once', () => {
    const { browser, did } = activeCallOnFakes()
    did.length = 0
    browser().networkChanged()
    expect(did).toEqual(['mesh: network changed'])
  })

  test('the call ends here when the server has removed this device', async () => {
    const { clock, over, server } = activeCallOnFakes()
    server.renew = () => Promise.reject({ reason: ErrorReason.CALL_ANSWERED_ELSEWHERE })
    await clock.pass(7_000)
    expect(over).toEqual([{ why: 'elsewhere' }])
  })

  test('a call that is over reports the reason', () => {
    const { active, over } = activeCallOnFakes()
    active.update(callWith([], { revision: 2, state: CallState.ENDED, endReason: CallEndReason.HANG_UP }))
    expect(over).toEqual([{ why: 'ended', reason: CallEndReason.HANG_UP }])
  })
})

describe('devices', () => {
  test('devices are listed again when they change', async () => {
    const { active, browser, devices, log } = activeCallOnFakes()
    await settled()
    devices.microphone = [{ id: 'two', label: 'Two' }]
    browser().devicesChanged()
    await settled()
    expect(active.snapshot.value.devices.microphone).toEqual([{ id: 'two', label: 'Two' }])
    expect(log.steps.map(({ step }) => step)).toContain('devices changed')
  })

  test('the media follow what is plugged in and what is allowed', async () => {
    const { browser, mediaDid } = activeCallOnFakes()
    await settled()
    browser().devicesChanged()
    browser().permissionChanged('camera', true)
    await settled()
    expect(mediaDid).toEqual(expect.arrayContaining(['devices changed', 'camera allowed']))
  })

  test('a microphone that the system has muted is shown as off, to oneself and to the others', async () => {
    const { active, media, did } = activeCallOnFakes()
    did.length = 0
    media.trouble = 'silenced'
    media.events.onTrouble?.('microphone')
    await settled()
    expect(did).toContain('says: muted')
    expect(active.snapshot.value.own).toMatchObject({ microphone: false, open: false, microphoneTrouble: 'silenced' })
    media.trouble = undefined
    media.events.onTrouble?.('microphone')
    await settled()
    expect(active.snapshot.value.own).toMatchObject({ microphone: true, open: true, microphoneTrouble: undefined })
  })

  test('a choice that fails leaves the device in use as the chosen one', async () => {
    const { active, media } = activeCallOnFakes()
    const before = chosenDevices.value
    Object.assign(media, {
      track: (slot: string) => (slot === 'microphone' ? {} : null) as MediaStreamTrack | null,
      choose: () => Promise.reject(new DOMException('', 'NotReadableError')),
    })
    await expect(active.choose('microphone', 'taken')).rejects.toThrow()
    expect(chosenDevices.value).toEqual(before)
    Object.assign(media, { track: () => null })
    await expect(active.choose('microphone', 'taken')).rejects.toThrow()
    // There is none in use: the choice stays, and is tried again.
    expect(chosenDevices.value.microphone).toBe('taken')
    chosenDevices.value = before
  })

  test('a speaker that is unplugged gives way to the system’s, and gets its place back', async () => {
    const { active, browser, devices, did } = activeCallOnFakes()
    const speakers = [
      { id: 'built-in', label: 'Built in' },
      { id: 'headset', label: 'Headset' },
    ]
    Object.assign(devices, { speaker: speakers })
    await active.choose('speaker', 'headset')
    did.length = 0
    Object.assign(devices, { speaker: speakers.slice(0, 1) })
    browser().devicesChanged()
    await settled()
    Object.assign(devices, { speaker: speakers })
    browser().devicesChanged()
    await settled()
    expect(did.filter((step) => step.startsWith('speaker'))).toEqual(['speaker ', 'speaker headset'])
    chosenDevices.value = { ...chosenDevices.value, speaker: '' }
  })

  test('an unplugged microphone is announced to the others', async () => {
    const { media, did } = activeCallOnFakes()
    did.length = 0
    media.trouble = 'missing'
    media.events.onTrack('microphone', null)
    await settled()
    expect(did).toEqual(['says: muted', 'mesh: microphone'])
  })

  test('unmuting without a microphone asks for one; a refusal by the browser is logged', async () => {
    const { active, media, mediaDid, log } = activeCallOnFakes()
    media.trouble = 'missing'
    active.setMicrophone(true)
    expect(mediaDid).toContain('microphone opened')
    Object.assign(media, { openMicrophone: () => Promise.reject(new DOMException('', 'NotAllowedError')) })
    active.setMicrophone(true)
    await settled()
    expect(log.steps.at(-1)).toMatchObject({
      source: 'calls.microphone',
      kind: 'MEDIA_FAILED',
      reason: 'NotAllowedError',
    })
  })

  test('a chosen speaker is set on the mixer, another device on the media', async () => {
    const { active, did, mediaDid } = activeCallOnFakes()
    await active.choose('speaker', 's1')
    await active.choose('microphone', 'm1')
    expect(did).toContain('speaker s1')
    expect(mediaDid).toContain('microphone m1')
  })

  test('the first touch starts sound that the browser has blocked, and no later touch does anything', async () => {
    const { active, browser, block, did } = activeCallOnFakes()
    block(true)
    await settled()
    expect(active.snapshot.value.soundBlocked).toBe(true)
    did.length = 0
    browser().touched()
    block(false)
    browser().touched()
    expect(did).toEqual(['sound resumed'])
  })
})

describe('talking', () => {
  test('mute and unmute are announced, and kept for a reload', () => {
    const { active, did, noted } = activeCallOnFakes()
    did.length = 0
    active.setMicrophone(false)
    expect(noted.at(-1)?.microphone).toBe(false)
    active.setMicrophone(true)
    expect(did).toEqual(['says: muted', 'says: microphone'])
  })

  test('with push-to-talk the microphone is open while the key is held', async () => {
    const { active, clock, mediaDid } = activeCallOnFakes()
    active.setPushToTalk(true)
    mediaDid.length = 0
    active.hold(true)
    active.hold(false)
    await clock.pass(1_000)
    expect(mediaDid).toEqual(['microphone on', 'microphone off'])
  })

  test('deafening silences everybody, is announced, and is kept over a reload', () => {
    const { active, did, noted } = activeCallOnFakes()
    did.length = 0
    active.setDeafened(true)
    expect(did).toEqual(['deafened', 'says: microphone, deafened'])
    expect(noted.at(-1)?.deafened).toBe(true)
  })

  test('the volume of a person is kept on every device of theirs', () => {
    const { active, peers, did } = activeCallOnFakes()
    peers.push(peer())
    active.setVolume('bob', 0.5)
    expect(did).toContain('phone at 0.5')
  })

  test('camera and screen are set on the media', async () => {
    const { active, mediaDid } = activeCallOnFakes()
    await active.setCamera(true)
    await active.setScreen(true)
    expect(mediaDid).toEqual(expect.arrayContaining(['camera on', 'screen on']))
  })
})

describe('leaving', () => {
  test('the server is notified, and everything that was opened is closed', async () => {
    const { active, did, mediaDid, clock, server } = activeCallOnFakes()
    did.length = 0
    await active.leave()
    expect(did.sort()).toEqual(['browser: left alone', 'mesh: closed', 'mixer: closed', 'server: leave'])
    expect(mediaDid).toContain('closed')
    let asked = 0
    server.renew = async () => ({ asked: ++asked })
    await clock.pass(60_000)
    expect(asked).toBe(0)
  })

  test('closing without leaving keeps the place in the call for the reloaded page', async () => {
    const { active, did } = activeCallOnFakes()
    active.close()
    await settled()
    expect(did).not.toContain('server: leave')
    expect(did).toContain('mesh: closed')
  })

  test('a page that closes tells the server, which keeps the place for a short while', async () => {
    const { browser, did } = activeCallOnFakes()
    did.length = 0
    browser().pageCloses()
    await settled()
    expect(did).toEqual(['server: leave'])
  })

  test('changes after the end are not shown', async () => {
    const { active, block } = activeCallOnFakes()
    await settled()
    const { value } = active.snapshot
    active.close()
    block(true)
    await settled()
    expect(active.snapshot.value).toBe(value)
  })
})

describe('hands and reactions', () => {
  test('a raised hand is told to the others with the device states, until it is lowered', async () => {
    const { active, did } = activeCallOnFakes()
    await settled()
    did.length = 0
    active.setHand(true)
    active.setHand(false)
    await settled()
    expect(did).toEqual(['says: microphone, hand', 'says: microphone'])
    expect(active.snapshot.value.own.hand).toBe(false)
  })

  test('a reaction is sent, and shown on both sides for a moment', async () => {
    const { active, did, clock, mesh } = activeCallOnFakes()
    await settled()
    active.react('🎉')
    mesh().onReaction(BOB, '👍')
    await settled()
    expect(did).toContain('reacts: 🎉')
    expect(active.snapshot.value.own.reaction?.reaction).toBe('🎉')
    await clock.pass(5_000)
    expect(active.snapshot.value.own.reaction).toBeUndefined()
  })
})

describe('keys', () => {
  test('a new key is accepted for the person, and then their links try again', async () => {
    const { active, did, peers } = activeCallOnFakes()
    const key = { ...BOB, algorithm: 1, publicKey: new Uint8Array(32) }
    const link = { state: 'connecting', refusal: { where: 'here', why: 'keyChanged', key }, peerKey: undefined }
    peers.push({ ...BOB, away: false, link, media: SILENT, tracks: {} } as never)
    active.acceptKey('bob')
    await settled()
    expect(did.slice(-2)).toEqual(['keys: 1 of bob seen', 'mesh: bob again'])
  })

  test('a comparison counts only for a code that was there', async () => {
    const { active, did } = activeCallOnFakes()
    active.confirmCode()
    await settled()
    expect(did.filter((line) => line.startsWith('keys'))).toEqual([])
  })
})
