import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createApp, h, ref } from 'vue'
import { allWords, seldomWords } from '../../../i18n/index.js'
import CropDialog from './CropDialog.vue'

beforeAll(() => allWords().then(seldomWords))
let unmount: () => void = () => undefined
afterEach(() => unmount())

const RED = [255, 0, 0]
const BLUE = [0, 0, 255]

/** Twice as wide as high: red on the left, blue on the right. */
function twoHalves(): Promise<Blob> {
  const canvas = new OffscreenCanvas(200, 100)
  const pen = canvas.getContext('2d')
  for (const [x, colour] of [
    [0, 'rgb(255 0 0)'],
    [100, 'rgb(0 0 255)'],
  ] as const) {
    Object.assign(pen ?? {}, { fillStyle: colour })
    pen?.fillRect(x, 0, 100, 100)
  }
  return canvas.convertToBlob()
}

/** Where the picture is red and where it is blue, near its left and its right edge. */
async function ends(picture: Blob): Promise<number[][]> {
  const image = await createImageBitmap(picture)
  const canvas = new OffscreenCanvas(image.width, image.height)
  const pen = canvas.getContext('2d')
  pen?.drawImage(image, 0, 0)
  const at = (x: number) => [...(pen?.getImageData(x, image.height / 2, 1, 1).data ?? [])].slice(0, 3)
  return [at(image.width * 0.1), at(image.width * 0.9)].map((one) => one.map((value) => Math.round(value / 255) * 255))
}

async function opened(file: Blob) {
  const open = ref(false)
  const cropped = vi.fn<(part: Blob) => void>()
  const place = document.createElement('div')
  document.body.append(place)
  const update = (now: boolean) => (open.value = now)
  const app = createApp({
    render: () => h(CropDialog, { open: open.value, 'onUpdate:open': update, file, onCropped: cropped }),
  })
  app.mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
    unmount = () => undefined
  }
  open.value = true
  const button = (name: string) =>
    [...document.querySelectorAll<HTMLButtonElement>('[role=dialog] button')].find(
      ({ ariaLabel, textContent }) => ariaLabel === name || textContent?.trim() === name,
    )
  const press = (key: string, times: number) => {
    const stage = button('Visible part: move it with the arrow keys')
    for (let i = 0; i < times; i++) stage?.dispatchEvent(new KeyboardEvent('keydown', { key }))
  }
  async function use(): Promise<Blob> {
    button('Use picture')?.click()
    await vi.waitFor(() => expect(cropped).toHaveBeenCalledOnce())
    return cropped.mock.calls[0]?.[0] as Blob
  }
  return { open, cropped, button, press, use }
}

test('the middle is taken, as a square', async () => {
  const { button, use, open } = await opened(await twoHalves())
  await vi.waitFor(() => expect(button('Use picture')?.disabled).toBe(false))
  const part = await use()
  const { width, height } = await createImageBitmap(part)
  expect([width, height, await ends(part), open.value]).toEqual([100, 100, [RED, BLUE], false])
})

test('or the part that the arrow keys have moved to, no further than the edge', async () => {
  const { button, press, use } = await opened(await twoHalves())
  await vi.waitFor(() => expect(button('Use picture')?.disabled).toBe(false))
  press('ArrowRight', 40)
  expect(await ends(await use())).toEqual([BLUE, BLUE])
})

test('a file that the browser cannot show goes as it is', async () => {
  const file = new Blob(['no picture'])
  const { cropped, open } = await opened(file)
  await vi.waitFor(() => expect(cropped).toHaveBeenCalledWith(file))
  expect(open.value).toBe(false)
})
