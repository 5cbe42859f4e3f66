/** When a JWT was issued by the clock of the server, Unix ms; undefined when it does not say. */
function issuedAt(token: string): number | undefined {
  try {
    const claims = token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? ''
    const { iat } = JSON.parse(atob(claims)) as { iat?: unknown }
    return typeof iat === 'number' ? iat * 1_000 : undefined
  } catch {
    // Not a JWT: the server may use another format.
    return undefined
  }
}

/**
 * When a token that has just arrived expires by the clock of this device (Unix ms). By the server's time, a device whose clock is a
 * quarter of an hour fast would consider every token expired, and fetch another before each call.
 */
export function endsAt(token: string, expiresAt: number, now: number): number {
  const madeAt = issuedAt(token)
  return madeAt === undefined ? expiresAt : now + (expiresAt - madeAt)
}
