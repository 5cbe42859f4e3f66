import { useStorage } from '@vueuse/core'
import { computed, onBeforeUnmount, ref } from 'vue'
import { fetchFile } from '../../../net/files.js'
import { UnplayableFile } from './unplayable.js'

/** Speeds of voice messages; the chosen one stays for the next. */
const SPEEDS = [1, 1.5, 2] as const
export const speed = useStorage<number>('beseda.voice.speed', 1)
export const nextSpeed = (): void => {
  speed.value = SPEEDS[(SPEEDS.findIndex((one) => one === speed.value) + 1) % SPEEDS.length] ?? 1
}

/** Farther than any recording. */
const BEYOND_S = 1e7
/** Longest wait for a browser to find the end of a recording. */
const FIND_END_MS = 3_000

/** One is heard at a time. */
let heard: HTMLAudioElement | undefined

/** A recording that is fetched when it is first played. `durationMs`: as its message says; 0: not known. */
export function usePlayer(fileId: () => string, durationMs: () => number) {
  const playing = ref(false)
  /** Position and length, seconds. */
  const at = ref(0)
  const found = ref(0)
  const length = computed(() => found.value || durationMs() / 1000)
  const error = ref<unknown>()
  let opening: Promise<HTMLAudioElement> | undefined
  let audio: HTMLAudioElement | undefined
  let gone = false

  async function open(): Promise<HTMLAudioElement> {
    const element = new Audio(URL.createObjectURL(await fetchFile(fileId())))
    audio = element
    await loaded(element)
    await findEnd(element)
    if (Number.isFinite(element.duration)) found.value = element.duration
    element.ontimeupdate = () => {
      at.value = element.currentTime
    }
    element.onplay = () => {
      playing.value = true
    }
    element.onpause = () => {
      playing.value = false
    }
    element.onended = () => {
      at.value = 0
    }
    // It breaks off: what comes next cannot be decoded.
    element.onerror = () => fail(new UnplayableFile())
    return element
  }

  function fail(reason: unknown): void {
    error.value = reason
    playing.value = false
    opening = undefined
    at.value = 0
  }

  /** The recording; undefined when it cannot be had, which `error` tells. */
  async function ready(): Promise<HTMLAudioElement | undefined> {
    error.value = undefined
    opening ??= open()
    try {
      const element = await opening
      return gone ? undefined : element
    } catch (reason) {
      fail(reason)
      return undefined
    }
  }

  async function toggle(): Promise<void> {
    if (playing.value) {
      audio?.pause()
      return
    }
    const element = await ready()
    if (!element) return
    if (heard !== element) heard?.pause()
    heard = element
    element.playbackRate = speed.value
    await element.play().catch((reason: unknown) => {
      // Paused before it began, or the browser wants another touch first.
      const expected = reason instanceof DOMException && ['AbortError', 'NotAllowedError'].includes(reason.name)
      if (!expected) fail(new UnplayableFile())
    })
  }

  /** To a position, seconds, whether it plays or not. */
  async function seek(to: number): Promise<void> {
    const element = await ready()
    if (!element) return
    at.value = Math.max(0, Math.min(length.value, to))
    element.currentTime = at.value
  }

  function setSpeed(rate: number): void {
    if (audio) audio.playbackRate = rate
  }

  onBeforeUnmount(() => {
    gone = true
    if (heard === audio) heard = undefined
    audio?.pause()
    if (audio) URL.revokeObjectURL(audio.src)
  })
  return { playing, at, length, error, toggle, seek, setSpeed }
}

const loaded = (element: HTMLAudioElement): Promise<void> =>
  new Promise((resolve, reject) => {
    element.onloadedmetadata = () => resolve()
    element.onerror = () => reject(new UnplayableFile())
  })

/** Recordings of browsers often lack their length; a browser finds it when it is sent beyond the end. */
async function findEnd(element: HTMLAudioElement): Promise<void> {
  if (Number.isFinite(element.duration)) return
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer)
      element.ondurationchange = null
      resolve()
    }
    const timer = setTimeout(done, FIND_END_MS)
    element.ondurationchange = () => Number.isFinite(element.duration) && done()
    element.currentTime = BEYOND_S
  })
  element.currentTime = 0
}
