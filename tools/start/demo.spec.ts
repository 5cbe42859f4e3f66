import { describe, expect, it } from 'vitest'
import { idOf } from './demo.mjs'
import { PASSWORD, PEOPLE, ROOMS } from './demo-data.mjs'

describe('idOf', () => {
  it('is a UUID that is the same for the same text', () => {
    expect(idOf('a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(idOf('a')).toBe(idOf('a'))
    expect(idOf('a')).not.toBe(idOf('b'))
  })
})

describe('the demo', () => {
  const usernames = PEOPLE.map(({ username }) => username)

  it('has eight people, three groups, a channel and direct chats, and two dozen messages', () => {
    const kinds = ROOMS.map(({ kind }) => kind)
    expect(new Set(usernames).size).toBe(8)
    expect(kinds.filter((kind) => kind === 'GROUP')).toHaveLength(3)
    expect(kinds.filter((kind) => kind === 'CHANNEL')).toHaveLength(1)
    expect(kinds.filter((kind) => kind === 'DIRECT').length).toBeGreaterThan(0)
    expect(ROOMS.flatMap(({ talk }) => talk).length).toBeGreaterThanOrEqual(24)
  })

  it('has texts in both languages', () => {
    const names = PEOPLE.map(({ displayName }) => displayName).join()
    expect(names).toMatch(/[а-яё]/)
    expect(names).toMatch(/[a-z]/)
  })

  it.each(ROOMS.map((room) => [room.name ?? room.members.join(' '), room] as const))(
    '%s: only members talk, each is there once, all are known',
    (_name, { kind, members, talk }) => {
      expect(new Set(members).size).toBe(members.length)
      expect(usernames).toEqual(expect.arrayContaining(members))
      expect(members).toEqual(expect.arrayContaining(talk.map(([author]) => author)))
      if (kind === 'DIRECT') expect(members).toHaveLength(2)
      for (const [at, [, , { replyTo = -1, thread = -1, reactions = {} } = {}]] of talk.entries()) {
        expect(Math.max(replyTo, thread)).toBeLessThan(at)
        expect(members).toEqual(expect.arrayContaining(Object.values(reactions).flat()))
      }
    },
  )

  it('respects the limits of proto/', () => {
    for (const username of usernames) expect(username).toMatch(/^[a-z0-9][a-z0-9._-]{2,31}$/)
    expect(PASSWORD.length).toBeGreaterThanOrEqual(8)
  })
})
