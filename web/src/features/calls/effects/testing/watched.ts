import { vi } from 'vitest'

/** Every device track and every AudioContext that is made from now on; `vi.restoreAllMocks` ends it. */
export function watched() {
  const tracks: MediaStreamTrack[] = []
  const contexts: AudioContext[] = []
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  const wishes: (MediaStreamConstraints | undefined)[] = []
  vi.spyOn(navigator.mediaDevices, 'getUserMedia').mockImplementation(async (wish) => {
    wishes.push(wish)
    const stream = await real(wish)
    tracks.push(...stream.getTracks())
    return stream
  })
  const Real = globalThis.AudioContext
  const Watched = class extends Real {
    constructor(options?: AudioContextOptions) {
      super(options)
      contexts.push(this)
    }
  }
  globalThis.AudioContext = Watched
  return {
    wishes,
    /** Tracks of devices that are open. */
    live: () => tracks.filter(({ readyState }) => readyState === 'live').length,
    /** The newest context. */
    last: () => contexts.at(-1) as AudioContext,
    running: () => contexts.filter(({ state }) => state !== 'closed').length,
    restore: () => {
      globalThis.AudioContext = Real
    },
  }
}
