import { formatUuid } from '@beseda/kernel'

/** A UUID (version 8, RFC 9562) that follows from a secret and parts: HMAC with SHA-256. */
export async function idFrom(secret: string, parts: readonly string[]): Promise<string> {
  const { subtle } = crypto
  const text = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await subtle.importKey('raw', text.encode(`beseda ids ${secret}`), algorithm, false, ['sign'])
  const bytes = new Uint8Array(await subtle.sign('HMAC', key, text.encode(JSON.stringify(parts)))).slice(0, 16)
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  return formatUuid(bytes)
}
