import { AttachmentSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { afterEach, expect, test, vi } from 'vitest'
import { createApp, h } from 'vue'
import { keepLocal } from '../../../net/files.js'
import PictureAttachment from './PictureAttachment.vue'

/** One pixel, as a GIF. */
const GIF = Uint8Array.from(atob('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'), (one) =>
  one.charCodeAt(0),
)
let unmount: () => void = () => {}
afterEach(() => {
  unmount()
  vi.restoreAllMocks()
})

/** A picture above a page of nothing, in a box that scrolls. */
function shown(fileId: string, contentType: string) {
  keepLocal(fileId, new Blob([GIF], { type: contentType }))
  const place = document.body.appendChild(document.createElement('div'))
  place.style.cssText = 'height: 100vh; overflow-y: auto'
  const size = { size: BigInt(GIF.length), width: 40, height: 40 }
  const attachment = create(AttachmentSchema, { fileId, name: 'a.gif', contentType, hasThumbnail: true, ...size })
  const app = createApp({
    render: () => [h(PictureAttachment, { attachment, small: false }), h('div', { style: 'height: 300vh' })],
  })
  app.mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
  }
  return { place, src: () => place.querySelector('img')?.src ?? '' }
}

test('a GIF moves while it is on the screen, and stands still beyond it', async () => {
  const created = vi.spyOn(URL, 'createObjectURL')
  const { place, src } = shown('gif', 'image/gif')
  await vi.waitFor(() => expect(created).toHaveBeenCalledTimes(2))
  const [still, moving] = created.mock.results.map(({ value }) => value as string)
  await vi.waitFor(() => expect(src()).toBe(moving))
  place.scrollTop = place.scrollHeight
  await vi.waitFor(() => expect(src()).toBe(still))
  place.scrollTop = 0
  await vi.waitFor(() => expect(src()).toBe(moving))
})

test('a picture that cannot move is its thumbnail, wherever it is', async () => {
  const created = vi.spyOn(URL, 'createObjectURL')
  const { src } = shown('png', 'image/png')
  await vi.waitFor(() => expect(src()).not.toBe(''))
  expect(created).toHaveBeenCalledOnce()
})
