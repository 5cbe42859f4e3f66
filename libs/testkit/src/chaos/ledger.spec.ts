import { describe, expect, test } from 'vitest'
import { type Arrival, type Heard, Ledger } from './ledger.js'

const shown = (...ids: string[]): Heard[] => ids.map((id, i) => ({ id, seq: 10 + i, index: 0 }))
const came = (...seqs: number[]): Arrival[] => seqs.map((seq) => ({ lane: 'messages', seq }))
const verdict = (members: Record<string, Heard[]>, arrivals: Record<string, Arrival[]> = {}) => {
  const ledger = new Ledger()
  for (const id of ['a', 'b', 'c']) ledger.acknowledge('group', id)
  const received = Object.entries(members).map(
    ([member, all]) => [member, { shown: all, arrivals: arrivals[member] ?? [] }] as const,
  )
  return ledger.verdict(new Map([['group', new Map(received)]]))
}
const all = shown('a', 'b', 'c')

describe('the checker', () => {
  test('accepts that everybody sees the same, including a message that was never acknowledged', () => {
    const more = shown('a', 'x', 'b', 'c')
    expect(verdict({ ann: more, bob: more }, { ann: came(10, 11, 12, 13) })).toEqual({
      acknowledged: 3,
      owed: 6,
      lost: [],
      doubled: [],
      disordered: [],
    })
  })

  test('finds a message that one member lacks', () => {
    expect(verdict({ ann: all, bob: shown('a', 'c') }).lost).toEqual(['bob b'])
  })

  test('finds a commit received twice, although the member sees its message once', () => {
    expect(verdict({ ann: all }, { ann: came(10, 11, 11, 12) })).toMatchObject({
      doubled: ['ann messages 11'],
      disordered: [],
    })
    expect(verdict({ ann: all }, { ann: came(10, 11, 12, 10) }).doubled).toEqual(['ann messages 10'])
  })

  test('finds two commits in the wrong order, although the member sees them sorted', () => {
    expect(verdict({ ann: all }, { ann: came(10, 12, 11) })).toMatchObject({
      doubled: [],
      disordered: ['ann messages 11 after 12'],
    })
  })

  test('judges each lane separately', () => {
    const roster = { lane: 'roster', seq: 11 }
    expect(verdict({ ann: all }, { ann: [...came(10, 12), roster, ...came(13)] })).toMatchObject({
      doubled: [],
      disordered: [],
    })
  })

  test('finds a message that was shown twice', () => {
    const twice = shown('a', 'b', 'c', 'b')
    expect(verdict({ ann: twice, bob: twice }).doubled).toEqual(['ann b', 'bob b'])
  })

  test('finds two members with different orders, and one whose order goes back', () => {
    expect(verdict({ ann: all, bob: shown('b', 'a', 'c') }).disordered).toEqual(['bob in group'])
    const back = all.toReversed()
    expect(verdict({ ann: back, bob: back }).disordered).toEqual(['ann in group', 'bob in group'])
  })
})
