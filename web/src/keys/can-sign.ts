let known: Promise<boolean> | undefined

/** Why this browser cannot sign in calls, and so takes part in none: the key of a sentence. Undefined: it can. */
export async function whyNotSigning(): Promise<'calls.needsHttps' | 'calls.tooOld' | undefined> {
  if (!isSecureContext) return 'calls.needsHttps'
  known ??= crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']).then(
    () => true,
    // NotSupportedError: older than the algorithm.
    () => false,
  )
  return (await known) ? undefined : 'calls.tooOld'
}
