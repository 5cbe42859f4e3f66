/** A device of a person. */
export interface KeyHolder {
  readonly userId: string
  readonly deviceId: string
}

/** What the sender of a session description signs. */
export interface SignedDescription {
  readonly callId: string
  /** Negotiation round of the pair (`OutgoingSignal.epoch`). */
  readonly round: number
  readonly type: string
  readonly from: KeyHolder
  readonly to: KeyHolder
  /** SHA-256 of the DTLS certificate that the sender will use. */
  readonly fingerprint: Uint8Array
}

const encoder = new TextEncoder()

/**
 * Fields in a row, each with its length before it (32 bits, big endian), so that no two lists of fields give the same bytes. The first one
 * is the label: what is signed for one purpose means nothing for another.
 */
function statement(...fields: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const parts = fields.map((field) => (typeof field === 'string' ? encoder.encode(field) : field))
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const part of parts) {
    view.setUint32(at, part.length)
    bytes.set(part, at + 4)
    at += 4 + part.length
  }
  return bytes
}

/** The device shows with its signature over this that it has the private key of what it publishes. */
export const deviceKeyStatement = (
  { userId, deviceId }: KeyHolder,
  algorithm: number,
  publicKey: Uint8Array,
): Uint8Array<ArrayBuffer> => statement('beseda device key 1', userId, deviceId, String(algorithm), publicKey)

/**
 * The fingerprint decides to whom the media go: whoever swaps it sits in between. Candidates need no signature; they can only lead to a
 * connection that does not come about. An old statement that is sent again names a certificate whose key only its device had.
 */
export const descriptionStatement = ({
  callId,
  round,
  type,
  from,
  to,
  fingerprint,
}: SignedDescription): Uint8Array<ArrayBuffer> =>
  statement(
    'beseda description 1',
    callId,
    String(round),
    type,
    from.userId,
    from.deviceId,
    to.userId,
    to.deviceId,
    fingerprint,
  )

export interface HeldKey extends KeyHolder {
  readonly algorithm: number
  readonly publicKey: Uint8Array
}

const inOrder = (one: HeldKey, other: HeldKey): number =>
  one.userId < other.userId || (one.userId === other.userId && one.deviceId < other.deviceId) ? -1 : 1

const fieldsOf = ({ userId, deviceId, algorithm, publicKey }: HeldKey) => [
  userId,
  deviceId,
  String(algorithm),
  publicKey,
]

/** All keys in a call, in one order for everybody: its digest gives the code of the call. */
export const callStatement = (callId: string, keys: readonly HeldKey[]): Uint8Array<ArrayBuffer> =>
  statement('beseda call code 1', callId, ...keys.toSorted(inOrder).flatMap(fieldsOf))

/** All keys of one person: its digest gives their half of the code of two people. */
export const personStatement = (userId: string, keys: readonly HeldKey[]): Uint8Array<ArrayBuffer> =>
  statement('beseda person code 1', userId, ...keys.toSorted(inOrder).flatMap(fieldsOf))
