import type { NatsConnection } from '@nats-io/transport-node'
import { JetStreamBlobs } from './jetstream-blobs.js'
import type { BlobStore } from './port.js'
import { S3Blobs } from './s3-blobs.js'

/** S3 when `FILES_S3_URL` is set, else the object store of JetStream. Errors: a sentence that names the missing variables. */
export async function openBlobs(
  nats: NatsConnection,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<BlobStore> {
  const url = env.FILES_S3_URL
  if (!url) return JetStreamBlobs.open(nats)
  const { FILES_S3_ACCESS_KEY: accessKeyId, FILES_S3_SECRET_KEY: secretAccessKey } = env
  if (!accessKeyId || !secretAccessKey) {
    throw new Error('FILES_S3_URL needs FILES_S3_ACCESS_KEY and FILES_S3_SECRET_KEY')
  }
  return new S3Blobs({ url, region: env.FILES_S3_REGION || 'us-east-1', accessKeyId, secretAccessKey })
}
