import { describe, expect, test } from 'vitest'
import { type Heard, Ledger } from './ledger.js'

const heard = (...ids: string[]): Heard[] => ids.map((id, i) => ({ id, seq: 10 + i, index: 0 }))
const verdict = (members: Record<string, Heard[]>) => {
  const ledger = new Ledger()
  for (const id of ['a', 'b', 'c']) ledger.acknowledge('group', id)
  return ledger.verdict(new Map([['group', new Map(Object.entries(members))]]))
}

describe('the checker', () => {
  test('is content when all have heard the same, even what was never acknowledged', () => {
    const all = heard('a', 'x', 'b', 'c')
    expect(verdict({ ann: all, bob: all })).toEqual({
      acknowledged: 3,
      owed: 6,
      lost: [],
      doubled: [],
      disordered: [],
    })
  })

  test('finds a message that one member lacks', () => {
    expect(verdict({ ann: heard('a', 'b', 'c'), bob: heard('a', 'c') }).lost).toEqual(['bob b'])
  })

  test('finds a message that was shown twice', () => {
    const twice = heard('a', 'b', 'c', 'b')
    expect(verdict({ ann: twice, bob: twice }).doubled).toEqual(['ann b', 'bob b'])
  })

  test('finds two members with different orders, and one whose order goes back', () => {
    expect(verdict({ ann: heard('a', 'b', 'c'), bob: heard('b', 'a', 'c') }).disordered).toEqual(['bob in group'])
    const back = [...heard('a', 'b', 'c')].toReversed()
    expect(verdict({ ann: back, bob: back }).disordered).toEqual(['ann in group', 'bob in group'])
  })
})
