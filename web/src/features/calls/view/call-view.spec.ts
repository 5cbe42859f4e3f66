import { CallState } from '@beseda/proto/call/v1/call_service'
import { describe, expect, test } from 'vitest'
import { announcements } from './announcements.js'
import { clockText, type Surroundings, viewOf } from './call-view.js'
import { commandOf } from './shortcuts.js'
import { person, room } from './testing.js'
import { after, NEW_WINDOW, type WindowIntent } from './window-state.js'

const around: Surroundings = {
  me: 'me',
  title: 'Tea room',
  direct: false,
  mayMute: false,
  mayRemove: false,
  nameOf: (id) => id.toUpperCase(),
}
const picture = {} as MediaStream
const look = (snapshot: Parameters<typeof viewOf>[0], state = NEW_WINDOW) => viewOf(snapshot, state, around)

describe('the stage', () => {
  test('shows everybody, oneself last, and nobody in the middle', () => {
    const { tiles, focus, people } = look(room([person('ann'), person('bob')]))
    expect(tiles.map(({ name, own }) => [name, own])).toEqual([
      ['ANN', false],
      ['BOB', false],
      ['ME', true],
    ])
    expect([focus, people]).toEqual([undefined, 3])
  })

  test('puts a shared screen in the middle, and the faces around it', () => {
    const { tiles, focus } = look(room([person('ann', { screen: picture }), person('bob')]))
    expect(focus).toMatchObject({ kind: 'screen', userId: 'ann', mirrored: false })
    expect(tiles.map(({ id }) => id)).toEqual(['ann', 'bob', 'me'])
  })

  test('shows whom one calls, not oneself, until somebody has answered', () => {
    const call = { state: CallState.RINGING, invitees: [{ userId: 'emma' }] } as never
    const direct = { ...around, direct: true }
    const { focus, tiles, status } = viewOf(room([], { call }), NEW_WINDOW, direct)
    expect(focus).toMatchObject({ userId: 'emma', name: 'EMMA', calling: true, own: false })
    expect(tiles.map(({ id }) => id)).toEqual(['me'])
    expect(status).toEqual({ key: 'calls.callingName', values: { name: 'EMMA' } })
    const answered = viewOf(room([person('emma')], { call }), NEW_WINDOW, direct)
    expect([answered.focus, answered.tiles.map(({ calling }) => calling)]).toEqual([undefined, [false, false]])
    // A group that is rung is told so; nobody is in the middle.
    expect(look(room([], { call })).focus).toBeUndefined()
  })

  test('a pinned tile is in the middle, before any screen, until it is gone', () => {
    const pinned = { ...NEW_WINDOW, pinned: 'bob' }
    expect(look(room([person('ann', { screen: picture }), person('bob')]), pinned).focus?.id).toBe('bob')
    expect(look(room([person('ann')]), pinned).focus).toBeUndefined()
  })

  test('one’s own shared screen is not put in the middle', () => {
    const { tiles, focus } = look(room([person('ann')], { own: { screen: picture } }))
    expect(focus).toBeUndefined()
    expect(tiles.map(({ id }) => id)).toEqual(['ann', 'me screen', 'me'])
  })

  test('one’s own face is mirrored, others’ are not', () => {
    const { tiles } = look(room([person('ann', { camera: picture })], { own: { camera: picture } }))
    expect(tiles.map(({ mirrored }) => mirrored)).toEqual([false, true])
  })

  test('a tile shows who is muted, deafened or unreachable', () => {
    const { tiles } = look(
      room([
        person('ann', { media: { microphone: false, camera: false, screen: false, deafened: true, hand: false } }),
        person('bob', { link: 'reconnecting' }),
        person('cat', { link: 'reconnecting', away: true }),
        person('dan', { link: 'connecting' }),
      ]),
    )
    expect(tiles.slice(0, 4).map(({ muted, deafened, trouble }) => [muted, deafened, trouble?.key])).toEqual([
      [true, true, undefined],
      [false, false, 'calls.reconnecting'],
      [false, false, 'calls.waitingFor'],
      [false, false, 'calls.connecting'],
    ])
  })
})

test.each([
  ['nobody has answered yet', room([], { call: { state: CallState.RINGING } }), 'calls.calling'],
  ['all others have left', room([]), 'calls.alone'],
  ['the first connection is made', room([person('a', { link: 'connecting' })], { connectedAt: 0 }), 'calls.connecting'],
  ['it is made again', room([person('a', { link: 'reconnecting' })]), 'calls.reconnecting'],
  ['at least one is there', room([person('a', { link: 'reconnecting' }), person('b')]), undefined],
])('state: %s', (_, snapshot, key) => {
  expect(look(snapshot).status?.key).toBe(key)
})

test('hints explain what impairs a call', () => {
  const snapshot = room([], {
    soundBlocked: true,
    wayTrouble: 'unreachable',
    own: { microphoneTrouble: 'refused', cameraTrouble: 'busy', cameraPaused: true },
  })
  expect(look(snapshot).hints.map(({ key }) => key)).toEqual([
    'callWay.unreachable',
    'calls.soundBlocked',
    'calls.trouble.microphone.refused',
    'calls.trouble.camera.busy',
    'calls.cameraPaused',
  ])
  expect(look(room([])).hints).toEqual([])
})

describe('the window', () => {
  const walk = (...intents: WindowIntent[]) => intents.reduce(after, NEW_WINDOW)

  test('goes back step by step, and stays in the corner', () => {
    const open = walk({ do: 'pin', tile: 'ann' }, { do: 'panel', panel: 'stats' })
    expect(after(open, { do: 'back' })).toMatchObject({ panel: undefined, pinned: 'ann' })
    const steps = [{ do: 'back' }, { do: 'back' }, { do: 'back' }, { do: 'back' }] as const
    expect(steps.reduce<typeof open>(after, open)).toEqual({ pinned: undefined, small: true, panel: undefined })
  })

  test('pins a tile and unpins it', () => {
    expect(walk({ do: 'pin', tile: 'ann' }, { do: 'pin', tile: 'bob' }).pinned).toBe('bob')
    expect(walk({ do: 'pin', tile: 'ann' }, { do: 'pin', tile: 'ann' }).pinned).toBeUndefined()
  })
})

describe('keys', () => {
  const press = (code: string, more = {}) => ({ code, ctrlKey: false, altKey: false, metaKey: false, ...more })

  test('are the same in every keyboard layout, and ignore typing and browser shortcuts', () => {
    expect(commandOf(press('KeyM'), 'page')).toBe('microphone')
    expect(commandOf(press('KeyM'), 'button')).toBe('microphone')
    expect(commandOf(press('KeyM'), 'text')).toBeUndefined()
    expect(commandOf(press('KeyD', { ctrlKey: true }), 'page')).toBeUndefined()
    expect(commandOf(press('KeyQ'), 'page')).toBeUndefined()
  })

  test('who talks with Space talks also while a button has the focus, but not in a menu or a field', () => {
    const places = ['page', 'button', 'menu', 'text'] as const
    expect(places.map((place) => commandOf(press('Space'), place, true))).toEqual([
      'talk',
      'talk',
      undefined,
      undefined,
    ])
  })

  test('Space talks, except on a button; Escape closes an open menu first', () => {
    expect([commandOf(press('Space'), 'page'), commandOf(press('Space'), 'button')]).toEqual(['talk', undefined])
    expect([commandOf(press('Escape'), 'page'), commandOf(press('Escape'), 'menu')]).toEqual(['back', undefined])
  })
})

describe('announcements', () => {
  const said = (before: Parameters<typeof announcements>[0], now: typeof before) =>
    announcements(before, now, around.nameOf).map(({ key, values }) => `${key} ${values?.name ?? ''}`.trim())

  test('report who joins, leaves, shares a screen, is lost and is back', () => {
    expect(said(room([person('ann')]), room([person('bob')]))).toEqual(['callSaid.joined BOB', 'callSaid.left ANN'])
    expect(said(room([person('ann')]), room([person('ann', { screen: picture })]))).toEqual(['callSaid.shares ANN'])
    expect(said(room([person('ann', { screen: picture })]), room([person('ann')]))).toEqual([
      'callSaid.sharesNoMore ANN',
    ])
    const lost = room([person('ann', { link: 'reconnecting' })])
    expect(said(room([person('ann')]), lost)).toEqual(['callSaid.lost ANN'])
    expect(said(lost, room([person('ann')]))).toEqual(['callSaid.back ANN'])
  })

  test('report a device that gives nothing any more, once', () => {
    const silenced = room([], { own: { microphoneTrouble: 'silenced' } })
    expect(said(room([]), silenced)).toEqual(['calls.trouble.microphone.silenced'])
    expect(said(silenced, silenced)).toEqual([])
    expect(said(room([]), room([], { own: { cameraTrouble: 'busy' } }))).toEqual(['calls.trouble.camera.busy'])
  })

  test('report whether the own microphone is open, and nothing when nothing changes', () => {
    expect(said(room([]), room([], { own: { open: false } }))).toEqual(['callSaid.muted'])
    expect(said(room([], { own: { open: false } }), room([]))).toEqual(['callSaid.open'])
    expect(said(room([person('ann')]), room([person('ann', { speaking: true })]))).toEqual([])
  })
})

test.each([
  [0, '0:00'],
  [65_900, '1:05'],
  [3_605_000, '1:00:05'],
])('%i ms are %s', (ms, text) => {
  expect(clockText(ms)).toBe(text)
})

describe('keys', () => {
  const refused = person('ann', { link: 'connecting', refusal: { where: 'here', why: 'forged' } })

  test('why there will be no connection stands in the tile, by name, until there is one', () => {
    const [tile] = look(room([refused])).tiles
    expect(tile).toMatchObject({ refused: true, trouble: { key: 'callTrust.here.forged', values: { name: 'ANN' } } })
    const theirs = person('ann', { link: 'reconnecting', refusal: { where: 'there', why: 'unsigned' } })
    expect(look(room([theirs])).tiles[0]?.trouble?.key).toBe('callTrust.there.unsigned')
    expect(look(room([person('ann')])).tiles[0]).toMatchObject({ refused: false, trouble: undefined })
  })

  test('it is said once', () => {
    const before = room([person('ann', { link: 'connecting' })])
    const sentence = { key: 'callTrust.here.forged', values: { name: 'ANN' } }
    const nameOf = (id: string) => id.toUpperCase()
    expect(announcements(before, room([refused]), nameOf)).toEqual([sentence])
    expect(announcements(room([refused]), room([refused]), nameOf)).toEqual([])
  })

  test('a new key is told, and one of somebody who was verified can be accepted', () => {
    expect(look(room([person('ann', { trust: 'new' })])).hints).toEqual([
      { key: 'callTrust.new', values: { name: 'ANN' }, about: 'ann' },
    ])
    const changed = person('ann', { link: 'connecting', refusal: { where: 'here', why: 'keyChanged' } })
    expect(look(room([changed])).hints).toMatchObject([{ key: 'callTrust.changed', about: 'ann' }])
  })

  test('people whose code was compared are marked', () => {
    const { tiles } = look(room([person('ann', { trust: 'verified' }), person('bob')]))
    expect(tiles.map(({ verified }) => verified)).toEqual([true, false, false])
  })

  test('one panel is open at a time', () => {
    const both = after(after(NEW_WINDOW, { do: 'panel', panel: 'stats' }), { do: 'panel', panel: 'code' })
    expect(both.panel).toBe('code')
    expect(after(both, { do: 'panel', panel: 'code' }).panel).toBeUndefined()
  })
})

test('a raised hand and a reaction are on the tile of the person, not of their screen, and are said once', () => {
  const media = { ...person('ann').media, hand: true }
  const raised = person('ann', { media, screen: picture, reaction: { reaction: '👍', turn: 1 } })
  const { focus, tiles } = look(room([raised]))
  expect([focus?.hand, focus?.reaction]).toEqual([false, undefined])
  expect(tiles[0]).toMatchObject({ hand: true, reaction: { reaction: '👍' } })
  const before = room([person('ann', { screen: picture })])
  const said = announcements(before, room([raised]), (id) => id)
  expect(said.map(({ key }) => key)).toEqual(['callSaid.hand', 'callSaid.reacted'])
  expect(announcements(room([raised]), room([raised]), (id) => id)).toEqual([])
})
