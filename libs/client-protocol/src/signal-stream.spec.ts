import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type SignalFrame, SignalStream } from './signal-stream.js'

type Stream = SignalStream<string>
type Frame = SignalFrame<string>

test('a signal is delivered once, however often its frame arrives', () => {
  const [one, other] = [new SignalStream<string>(1), new SignalStream<string>(2)]
  const frame = one.send('offer', 0)
  expect(other.receive(frame, 0).signals).toEqual(['offer'])
  expect(other.receive(frame, 1).signals).toEqual([])
})

test('signals are delivered in the order of sending, whatever the order of the frames', () => {
  const [one, other] = [new SignalStream<string>(1), new SignalStream<string>(2)]
  const [first, second, third] = ['a', 'b', 'c'].map((signal) => one.send(signal, 0)) as [Frame, Frame, Frame]
  expect(other.receive(third, 0).signals).toEqual([])
  expect(other.receive(second, 0).signals).toEqual([])
  expect(other.receive(first, 0).signals).toEqual(['a', 'b', 'c'])
})

test('an unacknowledged signal is sent again at growing intervals; an acknowledged one never', () => {
  const [one, other] = [new SignalStream<string>(1), new SignalStream<string>(2)]
  const lost = one.send('offer', 0)
  const times: number[] = []
  for (let now = 0; now < 30_000; now += 10) if (one.due(now).length > 0) times.push(now)
  expect(times).toEqual([1_000, 3_000, 7_000, 15_000, 23_000])
  other.receive({ ...lost }, 30_000)
  const [ack] = other.due(other.dueAt)
  one.receive(ack!, 30_100)
  expect([one.unacknowledged, one.dueAt]).toEqual([0, Number.POSITIVE_INFINITY])
})

test('a signal refused on the way leaves an empty frame: the following ones are delivered', () => {
  const [one, other] = [new SignalStream<string>(1), new SignalStream<string>(2)]
  const frames = ['a', 'nonsense', 'c'].map((signal) => one.send(signal, 0))
  expect(other.receive(frames[0]!, 0).signals).toEqual(['a'])
  expect(other.receive(frames[2]!, 0).signals).toEqual([])
  const empty = one.refuse(1, 2)
  expect(empty).toMatchObject({ seq: 2, signal: undefined })
  expect(other.receive(empty!, 10).signals).toEqual(['c'])
  expect([one.refuse(1, 9), one.refuse(7, 2)]).toEqual([undefined, undefined])
  one.receive(other.due(other.dueAt)[0]!, 100)
  expect(one.unacknowledged).toBe(0)
})

test('an answer carries the acknowledgement: no separate frame', () => {
  const [one, other] = [new SignalStream<string>(1), new SignalStream<string>(2)]
  other.receive(one.send('offer', 0), 0)
  one.receive(other.send('answer', 10), 20)
  expect(one.unacknowledged).toBe(0)
  expect(other.dueAt).toBe(1_010)
})

test('after a reconnection a side sends its acknowledgement: the other need not wait for its timer', () => {
  const [one, other] = [new SignalStream<string>(1), new SignalStream<string>(2)]
  other.receive(one.send('a', 0), 0)
  one.receive(other.due(60)[0]!, 60)
  one.send('b', 100)
  one.receive(other.again(200)[0]!, 210)
  expect(one.dueAt).toBeLessThan(500)
  expect(one.due(one.dueAt).flatMap((frame) => other.receive(frame, 400).signals)).toEqual(['b'])
})

describe('a reloaded page', () => {
  test('gets the stream from its beginning, and is distinguished from the previous page', () => {
    const [one, before] = [new SignalStream<string>(1), new SignalStream<string>(2)]
    before.receive(one.send('old offer', 0), 0)
    one.receive(before.send('old answer', 0), 0)
    const after = new SignalStream<string>(500)
    expect(one.receive(after.send('hello', 500), 510)).toEqual({ signals: ['hello'], hasRestarted: true })
    const next = one.send('new offer', 520)
    expect(next).toMatchObject({ seq: 1, stream: 510 })
    expect(after.receive(next, 530)).toEqual({ signals: ['new offer'], hasRestarted: false })
  })

  test('receives no signal that was sent to the previous page', () => {
    const [one, before] = [new SignalStream<string>(1), new SignalStream<string>(2)]
    before.receive(one.send('a', 0), 0)
    const late = before.send('late', 0)
    one.receive(late, 0)
    const after = new SignalStream<string>(500)
    // A frame from the middle of the running stream: notified of the gap, the sender learns of the new page.
    expect(after.receive(one.send('b', 510), 510).signals).toEqual([])
    expect(one.receive(after.due(after.dueAt)[0]!, 600).hasRestarted).toBe(true)
    expect(one.receive(late, 700)).toEqual({ signals: [], hasRestarted: false })
    expect(after.receive(one.send('c', 700), 700).signals).toEqual(['c'])
  })

  test('whose clock was put back is heard when its device enters the call again', () => {
    const [one, before] = [new SignalStream<string>(1), new SignalStream<string>(3_600_000)]
    one.receive(before.send('old', 0), 0)
    const after = new SignalStream<string>(500)
    expect(one.receive(after.send('hello', 500), 510).signals).toEqual([])
    expect(one.receive(after.again(600)[0]!, 610, true)).toEqual({ signals: ['hello'], hasRestarted: true })
    // Its later frames are of the same stay.
    expect(one.receive(after.send('again', 620), 630).signals).toEqual(['again'])
    expect(after.receive(one.send('answer', 640), 650).signals).toEqual(['answer'])
  })

  test('both sides reload at once: they synchronise without repeated resets', () => {
    const [one, other] = [new SignalStream<string>(1_000), new SignalStream<string>(1_001)]
    const crossing = [one.send('a', 1_000), other.send('b', 1_001)] as const
    expect(other.receive(crossing[0], 1_010)).toEqual({ signals: ['a'], hasRestarted: false })
    expect(one.receive(crossing[1], 1_010)).toEqual({ signals: ['b'], hasRestarted: false })
    for (let now = 1_010; now < 3_000; now += 10) {
      for (const frame of one.due(now)) expect(other.receive(frame, now).hasRestarted).toBe(false)
      for (const frame of other.due(now)) expect(one.receive(frame, now).hasRestarted).toBe(false)
    }
    expect([one.stream, other.stream]).toEqual([1_000, 1_001])
  })
})

test('a receiver that never answers costs bounded memory', () => {
  const one = new SignalStream<string>(1)
  for (let i = 0; i < 10_000; i++) one.send('offer', i)
  expect(one.unacknowledged).toBeLessThanOrEqual(256)
})

/** Everything that can happen on the network, as a script. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), by: fc.nat(1) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('deliver' as const), by: fc.nat(1), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const), by: fc.nat(1), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('double' as const), by: fc.nat(1), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(3_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reconnect' as const), by: fc.nat(1) }) },
)

class Side {
  readonly sent: string[] = []
  readonly got: string[] = []
  /** Frames in flight to this side. */
  readonly mail: Frame[] = []
  constructor(readonly stream: Stream) {}
}

class Wire {
  now = 10_000
  readonly sides = [new Side(new SignalStream(10_000)), new Side(new SignalStream(10_001))] as const
  #count = 0

  at = (by: number): Side => this.sides[by === 0 ? 0 : 1]
  post = (by: number, frames: readonly Frame[]) => void this.at(1 - by).mail.push(...frames)

  send(by: number): void {
    const signal = `${by}:${++this.#count}`
    this.at(by).sent.push(signal)
    this.post(by, [this.at(by).stream.send(signal, this.now)])
  }

  deliver(by: number, which: number): void {
    const { mail, stream, got } = this.at(by)
    const [frame] = mail.splice(which % Math.max(1, mail.length), 1)
    if (!frame) return
    const { signals, hasRestarted } = stream.receive(frame, this.now)
    expect(hasRestarted).toBe(false)
    got.push(...signals)
  }

  wait(ms: number): void {
    this.now += ms
    for (const by of [0, 1]) this.post(by, this.at(by).stream.due(this.now))
  }

  /** A good network from here on. */
  settle(): void {
    for (let round = 0; round < 400; round++) {
      this.wait(100)
      for (const by of [0, 1]) while (this.at(by).mail.length > 0) this.deliver(by, 0)
    }
  }
}

test('on any network, both sides receive all signals once and in order, and then nothing is sent', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (script) => {
      const wire = new Wire()
      for (const move of script) {
        if (move.do === 'send') wire.send(move.by)
        if (move.do === 'deliver') wire.deliver(move.by, move.which)
        if (move.do === 'lose') wire.at(move.by).mail.splice(move.which % Math.max(1, wire.at(move.by).mail.length), 1)
        if (move.do === 'double') wire.at(move.by).mail.push(...wire.at(move.by).mail.slice(-1 - (move.which % 3)))
        if (move.do === 'wait') wire.wait(move.ms)
        if (move.do === 'reconnect') wire.post(move.by, wire.at(move.by).stream.again(wire.now))
        for (const by of [0, 1]) expect(wire.at(1 - by).sent.slice(0, wire.at(by).got.length)).toEqual(wire.at(by).got)
      }
      wire.settle()
      expect([wire.at(0).got, wire.at(1).got]).toEqual([wire.at(1).sent, wire.at(0).sent])
      expect(wire.sides.map(({ stream }) => [stream.unacknowledged, stream.dueAt])).toEqual([
        [0, Number.POSITIVE_INFINITY],
        [0, Number.POSITIVE_INFINITY],
      ])
    }),
    { numRuns: 400 },
  )
})
