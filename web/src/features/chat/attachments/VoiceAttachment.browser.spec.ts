import { AttachmentSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { createApp } from 'vue'
import { allWords } from '../../../i18n/index.js'
import { keepLocal } from '../../../net/files.js'
import { speed } from './use-player.js'
import VoiceAttachment from './VoiceAttachment.vue'

beforeAll(allWords)
let unmount = () => {}
afterEach(() => {
  unmount()
  speed.value = 1
})

/** Two seconds of silence. */
function silence(): Blob {
  const [rate, seconds] = [8_000, 2]
  const header = new DataView(new ArrayBuffer(44))
  const text = (at: number, words: string) => {
    for (const [i, sign] of [...words].entries()) header.setUint8(at + i, sign.charCodeAt(0))
  }
  text(0, 'RIFF')
  header.setUint32(4, 36 + rate * seconds, true)
  text(8, 'WAVEfmt ')
  header.setUint32(16, 16, true)
  header.setUint16(20, 1, true)
  header.setUint16(22, 1, true)
  header.setUint32(24, rate, true)
  header.setUint32(28, rate, true)
  header.setUint16(32, 1, true)
  header.setUint16(34, 8, true)
  text(36, 'data')
  header.setUint32(40, rate * seconds, true)
  return new Blob([header, new Uint8Array(rate * seconds).fill(128)], { type: 'audio/wav' })
}

function mounted(content: Blob) {
  keepLocal('voice', content)
  const place = document.createElement('div')
  document.body.append(place)
  const attachment = create(AttachmentSchema, { fileId: 'voice', name: 'voice.wav', durationMs: 2_000, voice: true })
  const app = createApp(VoiceAttachment, { attachment })
  app.mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
    unmount = () => {}
  }
  const slider = place.querySelector<HTMLElement>('[role=slider]')
  const press = (key: string) =>
    slider?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  return { place, slider, press, button: () => place.querySelector('button') }
}

test('a position is chosen by keys, whether it plays or not, and told with the length', async () => {
  const { slider, press } = mounted(silence())
  expect(slider?.getAttribute('aria-valuetext')).toBe('0:00 / 0:02')
  press('End')
  await expect.poll(() => slider?.getAttribute('aria-valuetext')).toBe('0:02 / 0:02')
  press('Home')
  await expect.poll(() => slider?.getAttribute('aria-valuetext')).toBe('0:00 / 0:02')
})

test('the chosen speed stays', async () => {
  const { place } = mounted(silence())
  const button = [...place.querySelectorAll('button')].find(({ textContent }) => textContent?.includes('×'))
  button?.click()
  await expect.poll(() => button?.textContent?.trim()).toBe('1.5×')
})

test('what cannot be played says so, and can be downloaded', async () => {
  const { place, button } = mounted(new Blob(['no sound'], { type: 'audio/webm' }))
  button()?.click()
  await expect.poll(() => place.querySelector('[role=alert]')?.textContent).toContain('Download it')
})
