import type { Environment } from '@beseda/platform'

export class CaptionConfig {
  constructor(
    /** Where the engine takes sound: all of the address. */
    readonly url: URL,
    /** How the engine names its model. */
    readonly model: string,
    /** Sent as a bearer token; undefined: the engine wants none. */
    readonly key: string | undefined,
    /** Pieces that the engine makes text of at one time. */
    readonly parallel: number,
  ) {}
}

const MOST_PARALLEL = 64

/** Reads CAPTION_URL, CAPTION_MODEL, CAPTION_KEY and CAPTION_PARALLEL. Errors: a sentence that names the variable. */
export function readCaptionConfig(env: Environment): CaptionConfig {
  const { CAPTION_URL: address, CAPTION_MODEL: model, CAPTION_KEY: key, CAPTION_PARALLEL: parallel = '1' } = env
  if (!address) throw new Error('CAPTION_URL is not set: there is no engine that makes text of speech')
  const url = URL.canParse(address) ? new URL(address) : undefined
  // Its query may hold a secret: the address is not repeated.
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new Error('CAPTION_URL must be an address such as http://whisper:8000/v1/audio/transcriptions')
  }
  const count = Number(parallel)
  if (!Number.isInteger(count) || count < 1 || count > MOST_PARALLEL) {
    throw new Error(`CAPTION_PARALLEL must be a number from 1 to ${MOST_PARALLEL}, not "${parallel}"`)
  }
  return new CaptionConfig(url, model || 'whisper-1', key || undefined, count)
}
