import { expect, test } from 'vitest'
import { TestClock } from '../../../time/test-clock.js'
import { CaptionExchange, heardByServer, isAskedFor, MOST_LINES } from './exchange.js'

/** Devices that hear each other as long as they are connected. */
function call(...names: string[]) {
  const clock = new TestClock()
  const people = new Map<string, { listen: (from: object, content: Uint8Array) => void; all: CaptionExchange }>()
  const connected = new Set(names)
  /** What a device says is lost, as on a way that is not open yet, or has no keys; or comes twice, on two ways. */
  const [losing, twice] = [new Set<string>(), new Set<string>()]
  const said: { name: string; content: Uint8Array }[] = []
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
          said.push({ name, content })
          if (!connected.has(name) || losing.has(name)) return
          for (const [other, { listen }] of people) {
            if (other === name || !connected.has(other)) continue
            listen(me, content)
            if (twice.has(name)) listen(me, content)
          }
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
    losing,
    twice,
    said,
    /** It comes again, on a way that is slower. */
    again: (to: string, { name, content }: { name: string; content: Uint8Array }) =>
      people.get(to)?.listen({ userId: name, deviceId: `${name}-1` }, content),
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

test('even when nobody has heard that the one before is over', () => {
  const { of, losing } = call('ann', 'bob')
  of('ann').setKeeps(true)
  of('bob').setAgrees('ann-1', true)
  losing.add('ann')
  of('ann').setKeeps(false)
  losing.clear()
  of('ann').setKeeps(true)
  of('bob').say(say('not this one'))
  of('bob').setAgrees('ann-1', false)
  of('bob').setAgrees('ann-1', true)
  of('bob').say(say('now this one'))
  expect(
    of('ann')
      .setKeeps(false)
      .map(({ text }) => text),
  ).toEqual(['now this one'])
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

test('what is lost on the way is told again: of three, each knows what the others want and agree to', async () => {
  const { clock, of, losing, leave, come } = call('ann', 'bob', 'cat')
  const heard = (name: string) => heardByServer(of(name).snapshot.value).map(({ userId }) => userId)
  leave('cat')
  of('ann').setWants(true)
  of('bob').setSpeaks('server')
  // Connected, but nothing gets through to her yet.
  for (const name of ['ann', 'bob', 'cat']) losing.add(name)
  come('cat')
  expect([isAskedFor(of('cat').snapshot.value), heard('cat')]).toEqual([false, []])
  losing.clear()
  await clock.pass(3_000)
  expect([isAskedFor(of('cat').snapshot.value), heard('cat')]).toEqual([true, ['bob']])
})

test('and so is what is taken back, however long nothing gets through', async () => {
  const { clock, of, losing, said } = call('ann', 'bob')
  of('ann').setKeeps(true)
  of('bob').setAgrees('ann-1', true)
  losing.add('bob').add('ann')
  of('bob').setAgrees('ann-1', false)
  await clock.pass(60_000)
  losing.clear()
  await clock.pass(3_000)
  of('bob').say(say('not for you'))
  expect(of('ann').setKeeps(false)).toEqual([])

  losing.add('ann')
  of('ann').setWants(false)
  expect(isAskedFor(of('bob').snapshot.value)).toBe(true)
  await clock.pass(60_000)
  losing.clear()
  await clock.pass(3_000)
  expect(isAskedFor(of('bob').snapshot.value)).toBe(false)
  // A call that is over says nothing more.
  of('ann').close()
  of('bob').close()
  const count = said.length
  await clock.pass(10_000)
  expect(said).toHaveLength(count)
})

test('who asks for nothing says nothing', async () => {
  const { clock, said } = call('ann', 'bob')
  await clock.pass(10_000)
  expect(said).toEqual([])
})

test('what takes two ways is heard once, and the slower way brings back nothing that was taken back', () => {
  const { of, lines, twice, said, again } = call('ann', 'bob')
  twice.add('bob')
  of('ann').setWants(true)
  for (let i = 0; i < 4; i++) of('bob').say(say(`${i}`))
  expect(lines('ann')).toEqual(['bob: 0', 'bob: 1', 'bob: 2', 'bob: 3'])
  of('bob').setWants(true)
  const wanted = said.at(-1)!
  of('bob').setWants(false)
  again('ann', wanted)
  expect(isAskedFor(of('ann').snapshot.value)).toBe(false)
})

test('who comes back with a clock that was set back is heard', () => {
  const { of, leave, hear } = call('ann', 'bob')
  const state = (number: number, wants: boolean) =>
    new TextEncoder().encode(JSON.stringify({ state: { wants }, number }))
  hear('ann', state(9, true))
  hear('ann', state(8, false))
  expect(isAskedFor(of('ann').snapshot.value)).toBe(true)
  leave('bob')
  expect(isAskedFor(of('ann').snapshot.value)).toBe(false)
  hear('ann', state(3, true))
  expect(isAskedFor(of('ann').snapshot.value)).toBe(true)
})
