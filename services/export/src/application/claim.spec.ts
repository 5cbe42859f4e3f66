import { expect, test } from 'vitest'
import { Claim, Outrun } from './claim.js'
import type { Checkpoints, Position, StoredCheckpoint } from './ports.js'

/** The bucket, in memory. */
class Bucket implements Checkpoints {
  stored: StoredCheckpoint | undefined
  get = async () => this.stored
  put = async (_: string, position: Position, holder: string, revision: number) => {
    if ((this.stored?.revision ?? 0) !== revision) return undefined
    this.stored = { ...position, holder, revision: revision + 1 }
    return this.stored.revision
  }
}
const start = { epoch: 'e', seq: 0 }
const take = async (bucket: Bucket, holder: string) => {
  const claim = await Claim.take(bucket, 'S', holder, bucket.stored, start)
  if (!claim) throw new Error('not taken')
  return claim
}

test('only one of two who saw the same checkpoint takes it', async () => {
  const bucket = new Bucket()
  const [one, other] = await Promise.all(['a', 'b'].map((holder) => Claim.take(bucket, 'S', holder, undefined, start)))
  expect([one?.at, other]).toEqual([start, undefined])
})

test('advances and renewals of one claim do not outrun each other', async () => {
  const bucket = new Bucket()
  const claim = await take(bucket, 'a')
  await Promise.all([claim.renew(), claim.advance(5), claim.renew(), claim.advance(9)])
  expect(bucket.stored).toMatchObject({ seq: 9, holder: 'a' })
})

test('whoever lost the checkpoint cannot write it', async () => {
  const bucket = new Bucket()
  const [one, other] = [await take(bucket, 'a'), await take(bucket, 'b')]
  await other.advance(7)
  await expect(one.advance(3)).rejects.toBeInstanceOf(Outrun)
  await one.release()
  expect(bucket.stored).toMatchObject({ seq: 7, holder: 'b' })
})

test('what may have arrived too late is sent again by whoever has the checkpoint', async () => {
  const bucket = new Bucket()
  const one = await take(bucket, 'a')
  await one.advance(3)
  const other = await take(bucket, 'b')
  await other.advance(7)
  await one.sendAgain()
  expect(bucket.stored).toMatchObject({ seq: 3, holder: 'b' })
  // The other one notices at its next write, and goes on from there.
  await expect(other.advance(8)).rejects.toBeInstanceOf(Outrun)
  await other.sendAgain()
  expect((await take(bucket, 'b')).at).toEqual({ epoch: 'e', seq: 3 })
})

test('a released checkpoint says so, and keeps its place', async () => {
  const bucket = new Bucket()
  const claim = await take(bucket, 'a')
  await claim.advance(4)
  await claim.release()
  expect(bucket.stored).toMatchObject({ seq: 4, holder: '' })
})
