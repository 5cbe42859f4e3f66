import { createHmac, hkdfSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'

const PURPOSE = 'code of the founder'
const BYTES = 16

/**
 * The code with which the first account is registered, as identity has it (libs/platform/src/security/founder-code.ts).
 * @param {string} file with the installation's secret, in hex
 */
export async function founderCodeOf(file) {
  const root = Buffer.from((await readFile(file, 'utf8')).trim(), 'hex')
  const key = Buffer.from(hkdfSync('sha256', root, '', PURPOSE, 32))
  return createHmac('sha256', key).update('').digest().subarray(0, BYTES).toString('base64url')
}

/** A machine that has just started everything may refuse some requests, or be late with them. */
const TRIES = 8
const TRY_MS = 15_000

/**
 * Where the first account is made; undefined: there is one. The code stands behind `#`, which no browser sends to a server.
 * @param {string} url @param {string} code @param {number} [pauseMs] between two tries
 */
export async function foundingUrl(url, code, pauseMs = 1_000) {
  for (let left = TRIES; ; left--) {
    const { founderWanted } = await signInWays(url).catch((error) => {
      if (left === 1) throw error
      return { founderWanted: undefined }
    })
    if (founderWanted !== undefined) return founderWanted ? `${url}/register#founder=${code}` : undefined
    await wait(pauseMs)
  }
}

/** @param {string} url @returns {Promise<{ founderWanted: boolean }>} Errors: a refusal says nothing about accounts. */
async function signInWays(url) {
  const answer = await fetch(new URL('/api/beseda.identity.v1.IdentityService/ListSignInWays', url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{}',
    signal: AbortSignal.timeout(TRY_MS),
  })
  if (!answer.ok) throw new Error(`ListSignInWays is answered with ${answer.status}: ${await answer.text()}`)
  // JSON leaves out what is false.
  const { founderWanted = false } = /** @type {{ founderWanted?: boolean }} */ (await answer.json())
  return { founderWanted }
}
