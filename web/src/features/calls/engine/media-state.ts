/** The state of a participant's own devices, sent over the data channel. */
export interface MediaState {
  readonly microphone: boolean
  readonly camera: boolean
  readonly screen: boolean
  readonly deafened: boolean
  /** The person wants to say something. */
  readonly hand: boolean
}

export const SILENT: MediaState = { microphone: false, camera: false, screen: false, deafened: false, hand: false }

export const mediaText = (state: MediaState): string => JSON.stringify(state)

/** Undefined when the message does not have this format. */
export function mediaOf(text: string): MediaState | undefined {
  try {
    const said: unknown = JSON.parse(text)
    if (typeof said !== 'object' || said === null || 'reaction' in said) return undefined
    const is = (key: keyof MediaState) => (said as Partial<Record<keyof MediaState, unknown>>)[key] === true
    const devices = { microphone: is('microphone'), camera: is('camera'), screen: is('screen') }
    return { ...devices, deafened: is('deafened'), hand: is('hand') }
  } catch {
    // Not JSON: a peer may send anything.
    return undefined
  }
}

/**
 * The four media that a participant can send. A link creates a sender for each at the start and never negotiates again: media that
 * are off send nothing.
 */
export const SLOTS = ['microphone', 'camera', 'screen', 'screenSound'] as const
export type Slot = (typeof SLOTS)[number]
export type MediaKind = 'audio' | 'video'

export const KIND_OF: Readonly<Record<Slot, MediaKind>> = {
  microphone: 'audio',
  camera: 'video',
  screen: 'video',
  screenSound: 'audio',
}

/** The slot of the nth section of a kind: the sections are in the order of SLOTS on both sides. */
export const slotAt = (kind: string, index: number): Slot | undefined =>
  SLOTS.filter((slot) => KIND_OF[slot] === kind)[index]
