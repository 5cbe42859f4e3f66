import type { Call } from '@beseda/proto/call/v1/call_service'

/** Somebody in a call, as they could be recorded: what the call's transport receives of them, whichever it is. */
export interface RecordedPerson {
  readonly userId: string
  readonly sounds: readonly MediaStreamTrack[]
  readonly camera: MediaStreamTrack | undefined
  readonly screen: MediaStreamTrack | undefined
}

/** Those who are in the recording: whoever makes it, and everybody who has agreed. */
export const agreedOf = <Person extends { readonly userId: string }>(
  people: readonly Person[],
  { recording }: Pick<Call, 'recording'>,
): readonly Person[] =>
  people.filter(
    ({ userId }) =>
      recording !== undefined && (userId === recording.userId || recording.agreedUserIds.includes(userId)),
  )
