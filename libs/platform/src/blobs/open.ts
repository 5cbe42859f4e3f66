import type { NatsConnection } from '@nats-io/transport-node'
import type { Environment } from '../config.js'
import { JetStreamBlobs } from './jetstream-blobs.js'
import type { BlobStore } from './port.js'
import { S3Blobs, type S3Config } from './s3-blobs.js'

/** The S3 bucket that the environment names; undefined: none. Errors: a sentence that names the missing variables. */
export function readS3Config(env: Environment): S3Config | undefined {
  const url = env.FILES_S3_URL
  if (!url) return undefined
  const { FILES_S3_ACCESS_KEY: accessKeyId, FILES_S3_SECRET_KEY: secretAccessKey } = env
  if (!accessKeyId || !secretAccessKey) {
    throw new Error('FILES_S3_URL needs FILES_S3_ACCESS_KEY and FILES_S3_SECRET_KEY')
  }
  return { url, region: env.FILES_S3_REGION || 'us-east-1', accessKeyId, secretAccessKey }
}

/** Blobs in the S3 bucket; without one, in the object store of JetStream. */
export const openBlobs = async (nats: NatsConnection, s3: S3Config | undefined): Promise<BlobStore> =>
  s3 ? new S3Blobs(s3) : JetStreamBlobs.open(nats)
