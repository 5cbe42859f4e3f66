/** `perMinute` tokens are refilled, up to `burst`. */
export interface BucketRate {
  readonly perMinute: number
  readonly burst: number
}

/** The number of tokens at a time (ms of any clock). */
export interface Bucket {
  readonly tokens: number
  readonly at: number
}

export interface Taken {
  readonly bucket: Bucket
  /** 0: allowed; otherwise the time until the next token, ms. */
  readonly waitMs: number
}

/** Puts back one token that was taken for nothing. */
export const putBack = ({ tokens, at }: Bucket, { burst }: BucketRate): Bucket => ({
  ...{ tokens: Math.min(burst, tokens + 1), at },
})

/** Takes one token. Pure: the caller stores the bucket and passes the time. */
export function take(bucket: Bucket | undefined, { perMinute, burst }: BucketRate, now: number): Taken {
  const perMs = perMinute / 60_000
  const tokens = bucket ? Math.min(burst, bucket.tokens + Math.max(0, now - bucket.at) * perMs) : burst
  if (tokens >= 1) return { bucket: { tokens: tokens - 1, at: now }, waitMs: 0 }
  return { bucket: { tokens, at: now }, waitMs: Math.ceil((1 - tokens) / perMs) }
}
