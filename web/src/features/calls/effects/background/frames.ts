/** A picture of the camera. */
export interface Picture {
  readonly image: CanvasImageSource
  readonly width: number
  readonly height: number
  /** Microseconds. */
  readonly timestamp: number
  close(): void
}

/** Pictures of a track, the newest each time, also while the page is hidden: nothing here waits for the screen to be drawn. */
export interface PictureSource {
  /** Undefined: the track has ended, or the source was closed. */
  next(): Promise<Picture | undefined>
  close(): void
}

/** A track of painted pictures. */
export interface PictureOutlet {
  readonly track: MediaStreamTrack
  show(timestamp: number): void
  close(): void
}

/** Chromium's way from a track to pictures and back; not in TypeScript's DOM. */
interface BreakoutBox {
  readonly MediaStreamTrackProcessor?: new (options: {
    track: MediaStreamTrack
    maxBufferSize: number
  }) => { readonly readable: ReadableStream<VideoFrame> }
  readonly MediaStreamTrackGenerator?: new (options: {
    kind: 'video'
  }) => MediaStreamTrack & { readonly writable: WritableStream<VideoFrame> }
}

/** Where the browser has no streams of pictures, a worker's timer says when to look: timers of a hidden page stop nearly. */
const FPS = 24

export function picturesOf(track: MediaStreamTrack): PictureSource {
  const { MediaStreamTrackProcessor: Processor } = globalThis as BreakoutBox
  return Processor ? streamed(new Processor({ track, maxBufferSize: 1 }).readable.getReader()) : watched(track)
}

export function outletOf(canvas: HTMLCanvasElement): PictureOutlet {
  const { MediaStreamTrackGenerator: Generator } = globalThis as BreakoutBox
  return Generator ? generated(canvas, new Generator({ kind: 'video' })) : captured(canvas)
}

function streamed(reader: ReadableStreamDefaultReader<VideoFrame>): PictureSource {
  return {
    next: async () => {
      const { value: frame } = await reader.read()
      if (!frame) return undefined
      const { displayWidth: width, displayHeight: height, timestamp } = frame
      return { image: frame, width, height, timestamp, close: () => frame.close() }
    },
    // The track has ended already.
    close: () => void reader.cancel().catch(() => undefined),
  }
}

function watched(track: MediaStreamTrack): PictureSource {
  const video = document.createElement('video')
  video.muted = true
  video.playsInline = true
  video.srcObject = new MediaStream([track])
  // Rejects when it is closed before it plays.
  void video.play().catch(() => undefined)
  const clock = new Worker(new URL('./ticks.worker.ts', import.meta.url), { type: 'module' })
  clock.postMessage(1_000 / FPS)
  let wake: (() => void) | undefined
  let closed = false
  let last = -1
  clock.onmessage = () => wake?.()
  const isNew = () => video.readyState >= video.HAVE_CURRENT_DATA && video.currentTime !== last
  return {
    next: async () => {
      while (!closed && track.readyState === 'live') {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        if (closed || !isNew()) continue
        last = video.currentTime
        const { videoWidth: width, videoHeight: height } = video
        return { image: video, width, height, timestamp: last * 1e6, close: () => undefined }
      }
      return undefined
    },
    close: () => {
      closed = true
      clock.terminate()
      video.srcObject = null
      wake?.()
    },
  }
}

function generated(
  canvas: HTMLCanvasElement,
  track: MediaStreamTrack & { readonly writable: WritableStream<VideoFrame> },
): PictureOutlet {
  const writer = track.writable.getWriter()
  const { getSettings } = track
  // Chromium does not know the size; senders scale their pictures by it.
  track.getSettings = () => ({ ...getSettings.call(track), width: canvas.width, height: canvas.height })
  return {
    track,
    show: (timestamp) => {
      const frame = new VideoFrame(canvas, { timestamp })
      // The track was stopped.
      void writer.write(frame).catch(() => frame.close())
    },
    close: () => {
      track.stop()
      // Closed by the track.
      void writer.close().catch(() => undefined)
    },
  }
}

function captured(canvas: HTMLCanvasElement): PictureOutlet {
  const [track] = canvas.captureStream(FPS).getVideoTracks()
  if (!track) throw new Error('this browser cannot make a track of a canvas')
  return { track, show: () => undefined, close: () => track.stop() }
}
