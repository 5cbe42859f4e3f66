import { expect, test } from 'vitest'
import { readS3Config } from './open.js'

const bucket = { FILES_S3_URL: 'https://s3.example.org/beseda' }

test('without an address there is no bucket', () => {
  expect(readS3Config({ FILES_S3_ACCESS_KEY: 'a', FILES_S3_SECRET_KEY: 'b' })).toBeUndefined()
})

test('a bucket needs both keys', () => {
  expect(readS3Config({ ...bucket, FILES_S3_ACCESS_KEY: 'a', FILES_S3_SECRET_KEY: 'b' })).toEqual({
    url: bucket.FILES_S3_URL,
    region: 'us-east-1',
    accessKeyId: 'a',
    secretAccessKey: 'b',
  })
  expect(() => readS3Config({ ...bucket, FILES_S3_ACCESS_KEY: 'a' })).toThrow('needs FILES_S3_ACCESS_KEY and FILES')
})
