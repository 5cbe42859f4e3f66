import { newId } from '@beseda/kernel'
import { historyStream, historySubject } from '@beseda/proto'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { EventStore, StoredCommit, SubscriptionBatch } from '../port.js'
import { Wake } from '../wake.js'
import { messageCommit, textOf } from './commits.js'

const stream = historyStream(0)
const group = () => newId()
const lane = (id: string, name: 'group' | 'roster' | 'messages' | 'calls' = 'messages') => historySubject(0, id, name)

/** What every adapter of the log must do. `open` returns a store whose stream HISTORY_0 exists. */
export function eventStoreContract(name: string, open: () => EventStore): void {
  const append = async (subject: string, text: string, lastSeq?: number, expectSubject = subject) =>
    open().append({
      stream,
      subject,
      commit: messageCommit(text),
      ...(lastSeq === undefined ? {} : { expect: { subject: expectSubject, lastSeq } }),
    })

  describe(`${name} keeps the contract of the log`, () => {
    test('no reader sees an erased commit, and the commits around it keep their sequences', async () => {
      const subject = lane(group())
      const seqs: number[] = []
      for (const text of ['a', 'b', 'c']) {
        const result = await append(subject, text)
        if (result.kind === 'appended') seqs.push(result.seq)
      }
      await open().erase(stream, seqs[1] ?? 0)
      await open().erase(stream, seqs[1] ?? 0)
      const left = await open().read(stream, { afterSeq: 0, filter: subject, limit: 10 })
      expect(left.map(({ seq, commit }) => [seq, textOf(commit)])).toEqual([
        [seqs[0], 'a'],
        [seqs[2], 'c'],
      ])
    })

    test('a purge removes the commits of one subject up to a sequence', async () => {
      const [subject, other] = [lane(group()), lane(group())]
      await append(subject, 'a')
      const second = await append(subject, 'b')
      await append(other, 'x')
      await append(subject, 'c')
      await open().purge(stream, subject, second.kind === 'appended' ? second.seq : 0)
      const texts = async (filter: string) =>
        (await open().read(stream, { afterSeq: 0, filter, limit: 10 })).map(({ commit }) => textOf(commit))
      expect(await texts(subject)).toEqual(['c'])
      expect(await texts(other)).toEqual(['x'])
      expect(await open().last(stream, subject)).toMatchObject({ subject })
    })

    test('appended commits are read back in order, with their bytes', async () => {
      const subject = lane(group())
      for (const text of ['a', 'b', 'c']) await append(subject, text)
      const stored = await open().read(stream, { afterSeq: 0, filter: subject, limit: 10 })
      expect(stored.map(({ commit }) => textOf(commit))).toEqual(['a', 'b', 'c'])
      expect(stored.map(({ seq }) => seq)).toEqual([...stored.map(({ seq }) => seq)].sort((a, b) => a - b))
      expect(stored[0]?.bytes.length).toBeGreaterThan(0)
    })

    test('a page starts after the requested sequence and ends at the limit', async () => {
      const subject = lane(group())
      const seqs: number[] = []
      for (let i = 0; i < 5; i++) {
        const result = await append(subject, String(i))
        if (result.kind === 'appended') seqs.push(result.seq)
      }
      const page = await open().read(stream, { afterSeq: seqs[1] ?? 0, filter: subject, limit: 2 })
      expect(page.map(({ commit }) => textOf(commit))).toEqual(['2', '3'])
    })

    test('a filter matches all lanes of one group and nothing else', async () => {
      const [mine, other] = [group(), group()]
      await append(lane(mine, 'roster'), 'r')
      await append(lane(other), 'x')
      await append(lane(mine), 'm')
      const stored = await open().read(stream, { afterSeq: 0, filter: `history.0.${mine}.*`, limit: 10 })
      expect(stored.map(({ subject }) => subject)).toEqual([lane(mine, 'roster'), lane(mine)])
    })

    test('an append whose expectation holds succeeds; otherwise it is a conflict that names the sequence', async () => {
      const subject = lane(group(), 'roster')
      const first = await append(subject, '1', 0)
      expect(first).toMatchObject({ kind: 'appended', duplicate: false })
      const seq = first.kind === 'appended' ? first.seq : 0
      expect(await append(subject, '2', 0)).toEqual({ kind: 'conflict', lastSeq: seq })
      expect(await append(subject, '2', seq)).toMatchObject({ kind: 'appended' })
    })

    test('an expectation can be about another subject', async () => {
      const id = group()
      const roster = await append(lane(id, 'roster'), 'r', 0)
      const seq = roster.kind === 'appended' ? roster.seq : 0
      expect(await append(lane(id), 'before', 0, lane(id, 'roster'))).toEqual({ kind: 'conflict', lastSeq: seq })
      expect(await append(lane(id), 'after', seq, lane(id, 'roster'))).toMatchObject({ kind: 'appended' })
      expect(await append(lane(id), 'again', seq, lane(id, 'roster'))).toMatchObject({ kind: 'appended' })
    })

    test('the same commit again is a duplicate with the same sequence, even if its expectation no longer holds', async () => {
      const subject = lane(group(), 'roster')
      const request = { stream, subject, commit: messageCommit('once'), expect: { subject, lastSeq: 0 } }
      const first = await open().append(request)
      const again = await open().append(request)
      expect(again).toEqual({ ...first, duplicate: true })
      expect(await open().read(stream, { afterSeq: 0, filter: subject, limit: 10 })).toHaveLength(1)
    })

    test('the same commit id on another subject, or by another author, is another commit', async () => {
      const [mine, other] = [lane(group()), lane(group())]
      const commit = messageCommit('mine')
      const byAnother = { ...commit, events: commit.events.map((event) => ({ ...event, actorId: 'b' })) }
      const appends = [
        { stream, subject: mine, commit },
        { stream, subject: other, commit },
        { stream, subject: mine, commit: byAnother },
      ]
      for (const request of appends) {
        expect(await open().append(request)).toMatchObject({ kind: 'appended', duplicate: false })
      }
      expect(await open().read(stream, { afterSeq: 0, filter: mine, limit: 10 })).toHaveLength(2)
      expect(await open().read(stream, { afterSeq: 0, filter: other, limit: 10 })).toHaveLength(1)
    })

    test('of commits with one guard, on whatever subjects, the first is stored; the others are conflicts that name it', async () => {
      const [one, other] = [lane(group(), 'roster'), lane(group(), 'roster')]
      const request = (subject: string, text: string, guard: string) => {
        const commit = messageCommit(text)
        return { stream, subject, commit, expect: { subject, lastSeq: 0 }, guard }
      }
      const first = request(one, 'a', `seats ${one} 0`)
      const stored = await open().append(first)
      expect(stored).toMatchObject({ kind: 'appended', duplicate: false })
      const seq = stored.kind === 'appended' ? stored.seq : 0
      const second = request(other, 'b', first.guard)
      expect(await open().append(second)).toEqual({ kind: 'conflict', lastSeq: seq })
      expect(await open().read(stream, { afterSeq: 0, filter: other, limit: 10 })).toEqual([])
      // A retry of the first one, whose answer was lost.
      expect(await open().append(first)).toEqual({ ...stored, duplicate: true })
      // What is not stored takes no guard with it.
      const late = request(one, 'c', `seats ${one} 1`)
      expect(await open().append(late)).toEqual({ kind: 'conflict', lastSeq: seq })
      expect(await open().append({ ...late, expect: { subject: one, lastSeq: seq } })).toMatchObject({
        kind: 'appended',
      })
      expect(await open().append({ ...second, guard: `seats ${one} 2` })).toMatchObject({ kind: 'appended' })
    })

    test('of 200 racing writers one wins each round, and the log holds the winners alone', async () => {
      const subject = lane(group(), 'roster')
      let lastSeq = 0
      const winners: number[] = []
      for (let round = 0; round < 5; round++) {
        const results = await Promise.all(
          Array.from({ length: 40 }, (_, i) => append(subject, `${round}-${i}`, lastSeq)),
        )
        const won = results.filter((result) => result.kind === 'appended')
        expect(won).toHaveLength(1)
        lastSeq = won[0]?.kind === 'appended' ? won[0].seq : 0
        winners.push(lastSeq)
      }
      const stored = await open().read(stream, { afterSeq: 0, filter: subject, limit: 100 })
      expect(stored.map(({ seq }) => seq)).toEqual(winners)
    })

    test('last and heads see what was acknowledged before the call', async () => {
      const [one, two] = [group(), group()]
      await append(lane(one), 'a')
      const b = await append(lane(one), 'b')
      const c = await append(lane(two, 'roster'), 'c')
      const [bSeq, cSeq] = [b, c].map((result) => (result.kind === 'appended' ? result.seq : 0))
      expect((await open().last(stream, lane(one)))?.seq).toBe(bSeq)
      expect(await open().last(stream, lane(group()))).toBeUndefined()
      const heads = await open().heads(stream, [`history.0.${one}.*`, `history.0.${two}.*`, `history.0.${group()}.*`])
      expect(heads).toEqual(
        new Map([
          [lane(one), bSeq],
          [lane(two, 'roster'), cSeq],
        ]),
      )
      const moved = [`history.0.${one}.*`, `history.0.${two}.*`]
      expect(await open().heads(stream, moved, bSeq)).toEqual(new Map([[lane(two, 'roster'), cSeq]]))
      expect(await open().heads(stream, moved, cSeq)).toEqual(new Map())
      expect(await open().heads(stream, [`history.0.${group()}.*`])).toEqual(new Map())
      expect(await open().heads(stream, [])).toEqual(new Map())
    })

    test('a subscription delivers the past, says when it has caught up, and continues live', async () => {
      const before = (await open().info(stream)).lastSeq
      const subject = lane(group())
      await append(subject, 'past')
      const stop = new AbortController()
      onTestFinished(() => stop.abort())
      const seen: StoredCommit[] = []
      let caughtUp = false
      const reading = (async () => {
        for await (const batch of open().subscribe(stream, { afterSeq: before, signal: stop.signal })) {
          seen.push(...batch.commits)
          if (batch.caughtUp && !caughtUp) {
            caughtUp = true
            void append(subject, 'live')
          }
          if (seen.length >= 2) stop.abort()
        }
      })()
      await reading
      expect(seen.map(({ commit }) => textOf(commit))).toEqual(['past', 'live'])
    })

    test('a subscription delivers what is not prompt with what is, and when it is asked, in order', async () => {
      const before = (await open().info(stream)).lastSeq
      const id = group()
      const stop = new AbortController()
      onTestFinished(() => stop.abort())
      const wake = new Wake()
      const prompt = [`history.*.${id}.roster`]
      const batches = open()
        .subscribe(stream, { afterSeq: before, signal: stop.signal, prompt, wake })
        [Symbol.asyncIterator]()
      const seen: string[] = []
      const until = async (count: number) => {
        while (seen.length < count) {
          const { value } = (await batches.next()) as { value: SubscriptionBatch }
          seen.push(...value.commits.map(({ commit }) => textOf(commit)))
        }
        return seen
      }
      const first = batches.next()
      expect(await first).toMatchObject({ value: { commits: [], caughtUp: true } })
      await append(lane(id), 'late 1')
      await append(lane(id), 'late 2')
      await append(lane(id, 'roster'), 'prompt 3')
      expect(await until(3)).toEqual(['late 1', 'late 2', 'prompt 3'])
      await append(lane(id), 'late 4')
      wake.ask()
      expect(await until(4)).toEqual(['late 1', 'late 2', 'prompt 3', 'late 4'])
      // Nobody asks: it comes by itself.
      await append(lane(id), 'late 5')
      expect((await until(5)).at(-1)).toBe('late 5')
    })

    test('a subscription under load skips and repeats nothing', async () => {
      const before = (await open().info(stream)).lastSeq
      const subject = lane(group())
      const stop = new AbortController()
      onTestFinished(() => stop.abort())
      const seqs: number[] = []
      const reading = (async () => {
        for await (const batch of open().subscribe(stream, { afterSeq: before, signal: stop.signal })) {
          seqs.push(...batch.commits.map(({ seq }) => seq))
          if (seqs.length >= 300) stop.abort()
        }
      })()
      for (let i = 0; i < 10; i++) await Promise.all(Array.from({ length: 30 }, () => append(subject, 'x')))
      await reading
      expect(seqs).toEqual(Array.from({ length: 300 }, (_, i) => before + 1 + i))
    })
  })
}
