/** Sound of the specs. */

/** White noise of this level (dBFS, root mean square), the same at each call. */
export function noise(context: BaseAudioContext, seconds: number, db: number): AudioBuffer {
  const buffer = context.createBuffer(1, Math.round(seconds * context.sampleRate), context.sampleRate)
  const samples = buffer.getChannelData(0)
  // Park and Miller: a seed gives the same noise in every run. Uniform samples have a root mean square of 1/√3.
  let seed = 1
  const most = 10 ** (db / 20) * Math.sqrt(3)
  for (let i = 0; i < samples.length; i++) {
    seed = (seed * 48_271) % 2_147_483_647
    samples[i] = (seed / 1_073_741_823.5 - 1) * most
  }
  return buffer
}

/** Level in dBFS (root mean square) of a part, in seconds. */
export function level(buffer: AudioBuffer, from = 0, to = buffer.duration): number {
  const samples = buffer.getChannelData(0).subarray(from * buffer.sampleRate, to * buffer.sampleRate)
  const sum = samples.reduce((total, sample) => total + sample * sample, 0)
  return 10 * Math.log10(sum / samples.length)
}

/** One sound after another. */
export function joined(context: BaseAudioContext, ...parts: readonly AudioBuffer[]): AudioBuffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const whole = context.createBuffer(1, length, context.sampleRate)
  let at = 0
  for (const part of parts) {
    whole.copyToChannel(part.getChannelData(0), 0, at)
    at += part.length
  }
  return whole
}

/** A microphone that hears noise all the time; Chromium's own beeps for a moment twice a second. */
export function noisyMicrophone(): { stream: MediaStream; close(): void } {
  const context = new AudioContext({ sampleRate: 48_000 })
  const source = new AudioBufferSourceNode(context, { buffer: noise(context, 5, -26), loop: true })
  const way = context.createMediaStreamDestination()
  source.connect(way)
  source.start()
  return { stream: way.stream, close: () => void context.close() }
}
