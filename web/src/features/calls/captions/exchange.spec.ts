import { expect, test } from 'vitest'
import { TestClock } from '../../../time/test-clock.js'
import { CaptionExchange, heardByServer, isAskedFor, MOST_LINES } from './exchange.js'

/** Devices that hear each other as long as they are connected. */
function call(...names: string[]) {
  const clock = new TestClock()
  const people = new Map<string, { listen: (from: object, content: Uint8Array) => void; all: CaptionExchange }>()
  const connected = new Set(names)
  const meet = () => {
    for (const [name, { all }] of people)
      all.present(
        [...connected].filter((other) => other !== name).map((other) => ({ userId: other, deviceId: `${other}-1` })),
      )
  }
  for (const name of names) {
    const me = { userId: name, deviceId: `${name}-1` }
    const person = { listen: (_: object, __: Uint8Array) => undefined as unknown } as never as {
      listen: (from: object, content: Uint8Array) => void
      all: CaptionExchange
    }
    person.all = new CaptionExchange({
      me,
      clock,
      asides: {
        listen: (listener) => {
          person.listen = listener as never
        },
        say: (content) => {
          if (!connected.has(name)) return
          for (const [other, { listen }] of people) if (other !== name && connected.has(other)) listen(me, content)
        },
      },
    })
    people.set(name, person)
  }
  meet()
  const of = (name: string) => people.get(name)?.all as CaptionExchange
  return {
    clock,
    of,
    lines: (name: string) => of(name).snapshot.value.lines.map(({ userId, text }) => `${userId}: ${text}`),
    hear: (name: string, content: Uint8Array) =>
      people.get(name)?.listen({ userId: 'eve', deviceId: 'eve-1' }, content),
    leave: (name: string) => {
      connected.delete(name)
      meet()
    },
    come: (name: string) => {
      connected.add(name)
      meet()
    },
  }
}
const say = (text: string) => ({ text, language: 'en' })

test('whoever wants captions asks the others, and reads what they say, and what they say themselves', () => {
  const { of, lines } = call('ann', 'bob', 'cat')
  expect(isAskedFor(of('bob').snapshot.value)).toBe(false)
  of('ann').setWants(true)
  expect(isAskedFor(of('bob').snapshot.value)).toBe(true)
  of('bob').setSpeaks('server')
  of('bob').say(say('hello'))
  of('ann').say(say('hi'))
  expect(lines('ann')).toEqual(['bob: hello', 'ann: hi'])
  // Who has not asked keeps nothing.
  expect(lines('cat')).toEqual([])
  expect(of('ann').snapshot.value.others.map(({ userId, state }) => [userId, state.speaks])).toEqual([
    ['bob', 'server'],
  ])
})

test('everybody is told whom the server hears, as long as it does', () => {
  const { of } = call('ann', 'bob', 'cat')
  const heard = (name: string) => heardByServer(of(name).snapshot.value).map(({ userId }) => userId)
  of('bob').setSpeaks('server')
  of('cat').setSpeaks('device')
  expect([heard('ann'), heard('cat')]).toEqual([[], []])
  of('ann').setWants(true)
  expect([heard('ann'), heard('bob'), heard('cat')]).toEqual([['bob'], [], ['bob']])
  of('ann').setWants(false)
  of('bob').setWants(true)
  // Nobody reads bob but himself.
  expect(heard('cat')).toEqual([])
  of('bob').setKeeps(true)
  expect(heard('cat')).toEqual(['bob'])
  of('bob').setSpeaks('refused')
  expect(heard('cat')).toEqual([])
})

test('whoever comes later hears how things are; whoever is gone asks for nothing', () => {
  const { of, leave, come } = call('ann', 'bob')
  leave('bob')
  of('ann').setWants(true)
  come('bob')
  expect(isAskedFor(of('bob').snapshot.value)).toBe(true)
  leave('ann')
  expect(isAskedFor(of('bob').snapshot.value)).toBe(false)
})

test('the last fifty lines are kept, and of one device five a second', () => {
  const { of, lines, clock } = call('ann', 'bob')
  of('ann').setWants(true)
  for (let i = 0; i < 7; i++) of('bob').say(say(`${i}`))
  expect(lines('ann')).toHaveLength(5)
  for (let i = 0; i < 60; i++) {
    clock.sleep(1_000)
    of('bob').say(say(`later ${i}`))
  }
  expect([lines('ann').length, lines('ann').at(-1)]).toEqual([MOST_LINES, 'bob: later 59'])
})

test('in a transcript is who agrees, from then on; the next transcript asks again', () => {
  const { of } = call('ann', 'bob', 'cat')
  of('ann').setKeeps(true)
  of('bob').say(say('not yet'))
  of('bob').setAgrees('ann-1', true)
  of('bob').say(say('now'))
  of('cat').say(say('never'))
  of('ann').say(say('mine'))
  expect(
    of('ann')
      .setKeeps(false)
      .map(({ userId, text }) => [userId, text]),
  ).toEqual([
    ['bob', 'now'],
    ['ann', 'mine'],
  ])
  expect(of('bob').snapshot.value.own.agrees).toEqual([])
  of('ann').setKeeps(true)
  of('bob').say(say('again'))
  expect(of('ann').setKeeps(false)).toEqual([])
})

test('an agreement is withdrawn', () => {
  const { of } = call('ann', 'bob')
  of('ann').setKeeps(true)
  of('bob').setAgrees('ann-1', true)
  of('bob').setAgrees('ann-1', false)
  of('bob').say(say('no'))
  expect(of('ann').setKeeps(false)).toEqual([])
})

test('rubbish of a peer changes nothing', () => {
  const { of, hear } = call('ann', 'bob')
  const before = of('ann').snapshot.value
  hear('ann', new TextEncoder().encode('{"said":7}'))
  hear('ann', new Uint8Array([255]))
  expect(of('ann').snapshot.value).toBe(before)
})
