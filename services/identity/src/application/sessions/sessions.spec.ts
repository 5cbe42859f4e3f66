import { newId, Refusal } from '@beseda/kernel'
import { InstallationSecret } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { expect, test } from 'vitest'
import type { Session } from '../../domain/sessions/session.js'
import { DeviceProofs } from '../sign-in/device-proofs.js'
import { RefreshTokens } from './refresh-token.js'
import { Sessions } from './sessions.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const [ANN, LAPTOP] = [newId(), { id: newId(), name: 'laptop' }]

function sessions() {
  const kept = new Map<string, Session>()
  const bucket = {
    create: async (_: string, id: string, session: Session) => void kept.set(id, session),
    get: async (_: string, id: string) => {
      const session = kept.get(id)
      return session && { session, revision: 1 }
    },
    replace: async (_: string, id: string, session: Session) => kept.set(id, session) === kept,
    delete: async (_: string, id: string) => void kept.delete(id),
    deleted: async () => [],
    deletedSince: async () => ({ ended: [], cursor: 0, hasMore: false }),
    list: async () => kept,
  }
  const published: string[][] = []
  const gone: string[] = []
  const notices = {
    ended: (userId: string, ids: readonly string[], deviceIds: readonly string[]) => {
      published.push([userId, ...ids])
      gone.push(...deviceIds)
    },
  }
  const signer = { sign: async () => 'access' }
  const secret = InstallationSecret.of(Buffer.alloc(32, 1))
  const tokens = new RefreshTokens(secret)
  const proofs = new DeviceProofs(secret)
  return { sessions: new Sessions(bucket, tokens, signer, notices, proofs), kept, published, gone }
}

test('a session of an account that is open goes on', async () => {
  const { sessions: all, kept } = sessions()
  const { refreshToken } = await all.open(ANN, LAPTOP, NOW)
  expect((await all.refresh(refreshToken, NOW, () => false)).refreshToken).not.toBe(refreshToken)
  expect(kept.size).toBe(1)
})

test('one that began in the moment its account was shut is not renewed, and is over', async () => {
  const { sessions: all, kept, published } = sessions()
  const { refreshToken } = await all.open(ANN, LAPTOP, NOW)
  const refused = all.refresh(refreshToken, NOW, (userId) => userId === ANN)
  await expect(refused).rejects.toEqual(new Refusal(ErrorReason.SESSION_REVOKED))
  expect(kept.size).toBe(0)
  expect(published).toEqual([[ANN, expect.any(String)]])
})

test('a device is told of with its last session: the call service takes it out of its call', async () => {
  const { sessions: all, kept, gone } = sessions()
  await all.open(ANN, LAPTOP, NOW)
  await all.open(ANN, LAPTOP, NOW)
  await all.open(ANN, { id: newId(), name: 'phone' }, NOW)
  const [first, second] = [...kept.keys()] as [string, string]
  await all.end(ANN, [first])
  expect(gone).toEqual([])
  await all.end(ANN, [second])
  expect(gone).toEqual([LAPTOP.id])
})
