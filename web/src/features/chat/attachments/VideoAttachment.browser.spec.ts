import { AttachmentSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { afterEach, expect, test, vi } from 'vitest'
import { createApp } from 'vue'
import { keepLocal } from '../../../net/files.js'
import VideoAttachment from './VideoAttachment.vue'

let unmount: () => void = () => {}
afterEach(() => unmount())

/** A recording in the container of a film. */
async function recorded(stream: MediaStream): Promise<Blob> {
  const recorder = new MediaRecorder(stream, { mimeType: 'video/webm' })
  const parts: Blob[] = []
  recorder.ondataavailable = ({ data }) => parts.push(data)
  const done = new Promise((resolve) => {
    recorder.onstop = resolve
  })
  const begun = new Promise((resolve) => {
    recorder.onstart = resolve
  })
  recorder.start(50)
  await begun
  await vi.waitFor(() => expect(parts.length).toBeGreaterThan(2))
  recorder.stop()
  await done
  return new Blob(parts, { type: 'video/webm' })
}

function sound(): MediaStream {
  const context = new AudioContext()
  const [tone, target] = [context.createOscillator(), context.createMediaStreamDestination()]
  tone.connect(target)
  tone.start()
  return target.stream
}

function film(): MediaStream {
  const canvas = document.createElement('canvas')
  const paint = canvas.getContext('2d')
  const timer = setInterval(() => paint?.fillRect(0, 0, Math.random() * 100, 100), 20)
  const stream = canvas.captureStream(25)
  const before = unmount
  unmount = () => {
    clearInterval(timer)
    before()
  }
  return stream
}

test.each([
  ['sound in the container of a film has no screen', sound, true],
  ['a film has one', film, false],
])('%s', async (_, source, isSound) => {
  unmount = () => {}
  const fileId = `f${isSound}`
  keepLocal(fileId, await recorded(source()))
  const place = document.body.appendChild(document.createElement('div'))
  const attachment = create(AttachmentSchema, { fileId, name: 'a.webm', contentType: 'video/webm', size: 10n })
  const app = createApp(VideoAttachment, { attachment })
  app.mount(place)
  const before = unmount
  unmount = () => {
    app.unmount()
    place.remove()
    before()
  }
  place.querySelector<HTMLButtonElement>('button')?.click()
  await vi.waitFor(() => expect(place.querySelector('video')?.readyState).toBeGreaterThan(0))
  await vi.waitFor(() => expect(place.querySelector('video')?.parentElement?.classList.contains('h-14')).toBe(isSound))
})
