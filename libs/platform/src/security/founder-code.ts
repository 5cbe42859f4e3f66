import type { InstallationSecret } from './secret.js'

/** 128 bits: nobody guesses it. */
const BYTES = 16

/**
 * The code with which the first account of an installation is registered (ADR 84). It follows from the installation's secret, so nothing has
 * to be kept, and a restart gives the same one. `npm start` computes it, too (`tools/start/founder.mjs`).
 */
export const founderCodeOf = (secret: Pick<InstallationSecret, 'hash'>): string =>
  secret.hash('code of the founder', '').subarray(0, BYTES).toString('base64url')
