// Functions that run in pages: each is sent there as source text, so it cannot use the others.

/** Records the page's peer connections. */
export function keepConnections() {
  /** @type {RTCPeerConnection[]} */
  const kept = []
  Object.assign(window, { kept })
  const Original = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Original {
    /** @param {RTCConfiguration} [configuration] */
    constructor(configuration) {
      super(configuration)
      kept.push(this)
    }
  }
}

/**
 * A camera that shows the time: 32 bits in black and white squares, below them the inverted bits as a check. Both windows share
 * the clock of the machine.
 */
export function showClock() {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    if (!constraints?.video) return real(constraints)
    const canvas = document.createElement('canvas')
    ;[canvas.width, canvas.height] = [640, 360]
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'))
    const draw = () => {
      const time = Date.now() % 2 ** 32
      for (let bit = 0; bit < 32; bit++) {
        const on = Math.floor(time / 2 ** bit) % 2 === 1
        for (const [half, white] of [on, !on].entries()) {
          context.fillStyle = white ? '#fff' : '#000'
          context.fillRect((bit % 16) * 40, half * 180 + (bit < 16 ? 0 : 90), 40, 90)
        }
      }
    }
    draw()
    const timer = setInterval(draw, 33)
    const [track] = canvas.captureStream(30).getVideoTracks()
    track?.addEventListener('ended', () => clearInterval(timer))
    const sound = constraints.audio ? (await real({ audio: constraints.audio })).getAudioTracks() : []
    return new MediaStream([...(track ? [track] : []), ...sound])
  }
}

/** Clicks "Accept with video"; returns when the first sound and the first picture of the other person arrived, ms. */
export async function takeCall() {
  const { kept } = /** @type {{ kept: RTCPeerConnection[] }} */ (/** @type {unknown} */ (window))
  const before = new Set(kept)
  const button = /** @type {HTMLButtonElement} */ (document.querySelector('[aria-label="Accept with video"]'))
  const began = performance.now()
  button.click()
  let [sound, picture] = [0, 0]
  while (!sound || !picture) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    if (performance.now() - began > 20_000) throw new Error(`no media after 20 s: sound ${sound}, picture ${picture}`)
    for (const connection of kept.filter((one) => !before.has(one))) {
      for (const entry of (await connection.getStats()).values()) {
        if (entry.type !== 'inbound-rtp') continue
        if (entry.kind === 'audio' && entry.packetsReceived > 0) sound ||= performance.now() - began
        if (entry.kind === 'video' && entry.framesDecoded > 0) picture ||= performance.now() - began
      }
    }
  }
  return { sound, picture }
}

/** Delays from drawing a frame at the sender to showing it here, ms each. @param {number} ms how long to measure */
export function watchClock(ms) {
  const { kept } = /** @type {{ kept: RTCPeerConnection[] }} */ (/** @type {unknown} */ (window))
  const receivers = kept.flatMap((one) => (one.connectionState === 'closed' ? [] : one.getReceivers()))
  const remote = receivers.map(({ track }) => track).filter(({ kind, muted }) => kind === 'video' && !muted)
  const video = document.createElement('video')
  video.muted = true
  video.srcObject = new MediaStream(remote.slice(0, 1))
  document.body.append(video)
  const canvas = document.createElement('canvas')
  ;[canvas.width, canvas.height] = [640, 360]
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }))
  /** Undefined when the squares are not readable. @returns {number | undefined} */
  const read = () => {
    context.drawImage(video, 0, 0, 640, 360)
    const { data } = context.getImageData(0, 0, 640, 360)
    let time = 0
    for (let bit = 0; bit < 32; bit++) {
      const white = [0, 1].map((half) => {
        const [x, y] = [(bit % 16) * 40 + 20, half * 180 + (bit < 16 ? 45 : 135)]
        return (data[(y * 640 + x) * 4] ?? 0) > 127
      })
      if (white[0] === white[1]) return undefined
      if (white[0]) time += 2 ** bit
    }
    return time
  }
  /** @type {number[]} */
  const latencies = []
  return new Promise((resolve) => {
    const began = performance.now()
    const frame = () => {
      const now = Date.now() % 2 ** 32
      const shown = read()
      if (shown !== undefined) latencies.push(now - shown)
      if (performance.now() - began < ms) video.requestVideoFrameCallback(frame)
      else resolve(latencies)
    }
    video.requestVideoFrameCallback(frame)
    void video.play()
  })
}
