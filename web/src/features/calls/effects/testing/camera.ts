import portraitUrl from './portrait.jpg?url'

/** A camera that shows one picture, again and again. */
export async function portrait(): Promise<{ track: MediaStreamTrack; close(): void }> {
  const image = new Image()
  image.src = portraitUrl
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = image.naturalWidth
  canvas.height = image.naturalHeight
  const context = canvas.getContext('2d') as CanvasRenderingContext2D
  const draw = () => context.drawImage(image, 0, 0)
  draw()
  const [track] = canvas.captureStream(30).getVideoTracks()
  const timer = setInterval(draw, 50)
  return { track: track as MediaStreamTrack, close: () => clearInterval(timer) }
}

/** The next picture of a track. */
export async function pictureOf(track: MediaStreamTrack): Promise<ImageData> {
  const { MediaStreamTrackProcessor } = globalThis as unknown as {
    MediaStreamTrackProcessor: new (options: { track: MediaStreamTrack }) => { readable: ReadableStream<VideoFrame> }
  }
  const copy = track.clone()
  const reader = new MediaStreamTrackProcessor({ track: copy }).readable.getReader()
  const { value } = await reader.read()
  const frame = value as VideoFrame
  const canvas = new OffscreenCanvas(frame.displayWidth, frame.displayHeight)
  const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D
  context.drawImage(frame, 0, 0)
  frame.close()
  copy.stop()
  await reader.cancel()
  return context.getImageData(0, 0, canvas.width, canvas.height)
}

interface Region {
  readonly x: readonly [number, number]
  readonly y: readonly [number, number]
}

/** Mean green of a region. */
export function green({ data, width, height }: ImageData, { x, y }: Region): number {
  let sum = 0
  let count = 0
  for (let row = Math.floor(y[0] * height); row < y[1] * height; row++)
    for (let column = Math.floor(x[0] * width); column < x[1] * width; column++) {
      sum += data[(row * width + column) * 4 + 1] ?? 0
      count++
    }
  return sum / count
}
