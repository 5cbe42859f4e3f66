import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createApp, h, nextTick, ref } from 'vue'
import { allWords } from '../../../i18n/index.js'
import VoiceRecorder from './VoiceRecorder.vue'

beforeAll(allWords)
let unmount = () => {}
afterEach(() => {
  unmount()
  vi.restoreAllMocks()
})

/** A recorder, and a browser that asks the person before it opens the microphone. */
function mounted() {
  const given: MediaStreamTrack[] = []
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  let allow = () => {}
  const allowed = new Promise<void>((resolve) => {
    allow = resolve
  })
  const asked = vi.spyOn(navigator.mediaDevices, 'getUserMedia').mockImplementation(async (constraints) => {
    await allowed
    const stream = await real(constraints)
    given.push(...stream.getTracks())
    return stream
  })
  const recording = ref(false)
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp({
    render: () =>
      h(VoiceRecorder, { recording: recording.value, 'onUpdate:recording': (now: boolean) => (recording.value = now) }),
  })
  app.mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
    unmount = () => {}
  }
  return { asked, allow, given, recording, press: () => place.querySelector('button')?.click() }
}

test('nothing is recorded when the person has moved on before the browser opens the microphone', async () => {
  const { allow, given, press } = mounted()
  press()
  await nextTick()
  unmount()
  allow()
  await expect.poll(() => given.map(({ readyState }) => readyState)).toEqual(['ended'])
})

test('clicked twice while the browser asks, it records once', async () => {
  const { asked, allow, given, recording, press } = mounted()
  press()
  press()
  allow()
  await expect.poll(() => recording.value).toBe(true)
  expect(asked).toHaveBeenCalledTimes(1)
  unmount()
  expect(given.map(({ readyState }) => readyState)).toEqual(['ended'])
})
