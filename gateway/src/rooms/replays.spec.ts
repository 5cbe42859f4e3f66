import { advance, type LaneHeads, NO_HEADS } from '@beseda/client-protocol'
import { historyStream } from '@beseda/proto'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { TestGateway } from '../testing/fixture.js'
import { KeptTails } from './kept-tails.js'
import { Replays } from './replays.js'

const GROUP = 'g'
const at = (messages: number): LaneHeads => ({ ...NO_HEADS, messages })

/** A log with this many messages, and the replays of a room that has delivered them. */
async function stage(messages: number) {
  const gateway = new TestGateway()
  const replays = new Replays(GROUP, 'memory', gateway.log)
  onTestFinished(() => replays.forget())
  for (let i = 0; i < messages; i++) await gateway.append(GROUP, 'messages')
  const reads = vi.spyOn(gateway.store, 'read')
  const seqs = async (from: LaneHeads, head: LaneHeads) => {
    const lacking = await replays.between(from, head, Math.min(from.messages, from.calls || from.messages))
    return lacking?.map(({ commit }) => commit.seq)
  }
  return {
    ...{ gateway, replays, reads, seqs },
    deliver: (commit: Parameters<Replays['delivered']>[0]) => replays.delivered(commit),
  }
}
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

describe('members who come one after another, each with another cursor', () => {
  test('get what each of them lacks; the log is read for one who lacks more than anybody before', async () => {
    const { seqs, reads } = await stage(20)
    const asked = [12, 15, 19, 12, 4, 11, 4]
    for (const after of asked) expect(await seqs(at(after), at(20))).toEqual(from(after + 1, 20))
    expect(reads).toHaveBeenCalledTimes(2)
  })

  test('all at once, too', async () => {
    const { seqs, reads } = await stage(20)
    const asked = from(3, 19)
    const found = await Promise.all(asked.map((after) => seqs(at(after), at(20))))
    expect(found).toEqual(asked.map((after) => from(after + 1, 20)))
    expect(reads).toHaveBeenCalledTimes(1)
  })

  test('while people write: what the room has delivered is not read again', async () => {
    const { gateway, seqs, reads, deliver } = await stage(5)
    expect(await seqs(at(2), at(5))).toEqual([3, 4, 5])
    deliver(await gateway.append(GROUP, 'messages'))
    const during = seqs(at(0), at(6))
    deliver(await gateway.append(GROUP, 'messages'))
    expect(await during).toEqual(from(1, 6))
    expect(await seqs(at(3), at(7))).toEqual(from(4, 7))
    expect(reads).toHaveBeenCalledTimes(2)
  })

  test('the frame of a commit is built once for those with the same commit before it', async () => {
    const { replays } = await stage(3)
    const [one, two] = [await replays.between(at(1), at(3), 1), await replays.between(at(2), at(3), 2)]
    expect(two?.[0]?.frame).toBe(one?.[1]?.frame)
  })
})

describe('the log is read again', () => {
  test('after a commit that was delivered late, before others that are there already', async () => {
    const { gateway, seqs, reads, deliver } = await stage(2)
    expect(await seqs(at(0), at(2))).toEqual([1, 2])
    const late = await gateway.append(GROUP, 'calls')
    deliver(await gateway.append(GROUP, 'messages'))
    expect(await seqs(at(1), at(4))).toEqual([2, 4])
    deliver(late)
    expect(await seqs(at(1), { ...at(4), calls: 3 })).toEqual([2, 3, 4])
    expect(reads).toHaveBeenCalledTimes(2)
  })

  test('after anything but a message: what it has replaced or erased is given to nobody', async () => {
    const { gateway, seqs, replays, deliver } = await stage(3)
    expect(await seqs(at(0), at(3))).toEqual([1, 2, 3])
    const edited = await gateway.append(GROUP, 'messages', [
      { commandId: 'c', actorId: 'ann', version: 1, body: { case: 'messageDeleted', value: { messageId: 'm' } } },
    ])
    await gateway.store.erase(historyStream(0), 2)
    deliver(edited)
    expect((await replays.between(at(0), advance(at(3), 'messages', 4), 0))?.map(({ commit }) => commit.seq)).toEqual([
      1, 3, 4,
    ])
  })

  test('after a read that failed', async () => {
    const { seqs, reads } = await stage(2)
    reads.mockRejectedValueOnce(new Error('the bus is gone'))
    await expect(seqs(at(0), at(2))).rejects.toThrow('the bus is gone')
    expect(await seqs(at(0), at(2))).toEqual([1, 2])
  })
})

test('whoever lacks too much is told so without another read, and others are not', async () => {
  const { seqs, reads } = await stage(510)
  expect(await seqs(at(3), at(510))).toBeUndefined()
  const pages = reads.mock.calls.length
  expect(await seqs(at(1), at(510))).toBeUndefined()
  expect(reads).toHaveBeenCalledTimes(pages)
  expect(await seqs(at(20), at(510))).toEqual(from(21, 510))
})

test('tails are kept while there is room: the oldest go first', () => {
  const dropped: string[] = []
  const kept = new KeptTails<string>(10)
  const keep = (tail: string, bytes: number) => kept.keep(tail, bytes, () => dropped.push(tail))
  keep('a', 4)
  keep('b', 4)
  keep('a', 5)
  expect(dropped).toEqual([])
  keep('c', 3)
  expect(dropped).toEqual(['b'])
  kept.forget('a')
  keep('d', 7)
  expect(dropped).toEqual(['b'])
  keep('e', 11)
  expect(dropped).toEqual(['b', 'c', 'd', 'e'])
})
