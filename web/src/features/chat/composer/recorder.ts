/** Number of bars of a waveform. */
const BARS = 64
/** Sampling interval of the loudness, ms. */
const SAMPLE_MS = 50
/** Audio formats that browsers record, best first. */
const KINDS = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4']

export interface Recording {
  readonly blob: Blob
  readonly name: string
  readonly durationMs: number
  /** Loudness from 0 to 255 at even steps. */
  readonly waveform: readonly number[]
}

/** The loudest of each part: how the eye reads a waveform. */
export function toWaveform(levels: readonly number[], bars = BARS): number[] {
  if (levels.length === 0) return []
  const count = Math.min(bars, levels.length)
  const loudest = Math.max(...levels, 0.01)
  return Array.from({ length: count }, (_, i) => {
    const part = levels.slice(Math.floor((i * levels.length) / count), Math.floor(((i + 1) * levels.length) / count))
    return Math.round((Math.max(...part, 0) / loudest) * 255)
  })
}

/** Records the microphone until it is stopped. Errors: the browser's own, when there is no microphone or permission. */
export async function startRecording(): Promise<{ stop(): Promise<Recording>; cancel(): void }> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
  try {
    return recordingOf(stream)
  } catch (error) {
    for (const track of stream.getTracks()) track.stop()
    throw error
  }
}

function recordingOf(stream: MediaStream): { stop(): Promise<Recording>; cancel(): void } {
  const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind))
  const recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {})
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const levels: number[] = []
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    levels.push(Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length))
  }, SAMPLE_MS)
  const parts: Blob[] = []
  recorder.ondataavailable = ({ data }) => void parts.push(data)
  const started = performance.now()
  recorder.start()
  const end = () => {
    clearInterval(timer)
    for (const track of stream.getTracks()) track.stop()
    void context.close()
  }
  return {
    stop: () =>
      new Promise((resolve) => {
        recorder.onstop = () => {
          end()
          const blob = new Blob(parts, { type: recorder.mimeType })
          const extension = recorder.mimeType.includes('mp4')
            ? 'm4a'
            : recorder.mimeType.includes('ogg')
              ? 'ogg'
              : 'webm'
          resolve({
            blob,
            name: `voice.${extension}`,
            durationMs: Math.round(performance.now() - started),
            waveform: toWaveform(levels),
          })
        }
        recorder.stop()
      }),
    cancel: () => {
      recorder.onstop = null
      recorder.stop()
      end()
    },
  }
}
