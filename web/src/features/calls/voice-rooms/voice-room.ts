import type { Call } from '@beseda/proto/call/v1/call_service'
import { type ComputedRef, computed, nextTick } from 'vue'
import type { WantedMedia } from '../call-code.js'
import type { Participation } from '../ringing/rings.js'

export interface VoiceRoomParts {
  readonly groupId: () => string
  readonly calls: {
    readonly active: { readonly call: Pick<Call, 'groupId' | 'room'> } | undefined
    readonly opening: boolean
    start(groupId: string, media: WantedMedia, video: boolean, ring: boolean): Promise<void>
    join(call: Pick<Call, 'id' | 'groupId'>, media: WantedMedia, from: Participation): Promise<void>
    hangUp(): Promise<void>
  }
  readonly entrance: {
    readonly call: ComputedRef<Call | undefined>
    readonly participation: ComputedRef<Participation>
    readonly people: ComputedRef<readonly string[]>
    readonly isFull: ComputedRef<boolean>
    readonly isSupported: boolean
  }
  /** Whether the microphone was on when the person last had a choice. */
  readonly wasMicrophoneOn: () => boolean
  /** To whoever does not see the page. */
  readonly tell: (key: 'voiceRoom.entered' | 'voiceRoom.left') => void
}

/** The voice room of a group: who is in it, and the one click that enters or leaves it (ADR 98). */
export function voiceRoomOf({ groupId, calls, entrance, wasMicrophoneOn, tell }: VoiceRoomParts) {
  const { call, participation, people, isFull, isSupported } = entrance
  const isHere = computed(() => calls.active?.call.groupId === groupId())
  /** Another room is left for it. A call of others is not: one click must not hang up on somebody. */
  const mayEnter = computed(
    () => isSupported && !isFull.value && !calls.opening && (calls.active === undefined || calls.active.call.room),
  )

  /** Without a preview, and with the microphone as the person left it last. */
  async function enter(): Promise<void> {
    if (!mayEnter.value || isHere.value) return
    const [present, where] = [call.value, participation.value]
    const media = { camera: false, microphone: wasMicrophoneOn() }
    if (calls.active) {
      await calls.hangUp()
      // What held the other room is let go with the next change of the page.
      await nextTick()
    }
    if (present && where !== 'none') await calls.join(present, media, where)
    else await calls.start(groupId(), media, false, false)
    if (isHere.value) tell('voiceRoom.entered')
  }

  async function leave(): Promise<void> {
    tell('voiceRoom.left')
    await calls.hangUp()
  }

  return {
    people,
    isFull,
    isHere,
    /** Whether the click does something: whoever is in the room may leave it. */
    mayToggle: computed(() => isHere.value || mayEnter.value),
    enter,
    toggle: () => (isHere.value ? leave() : enter()),
  }
}
