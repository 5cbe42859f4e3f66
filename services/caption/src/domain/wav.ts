import { SPEECH_RATE } from '@beseda/client-protocol/speech'

const HEADER = 44

/** A file (RIFF/WAVE, PCM, 16 bits, one channel) of speech. */
export function wavOf(samples: Int16Array): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(HEADER + samples.byteLength)
  const view = new DataView(file.buffer)
  const name = (at: number, text: string) => file.set(new TextEncoder().encode(text), at)
  name(0, 'RIFF')
  view.setUint32(4, HEADER - 8 + samples.byteLength, true)
  name(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, SPEECH_RATE, true)
  view.setUint32(28, SPEECH_RATE * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  name(36, 'data')
  view.setUint32(40, samples.byteLength, true)
  for (const [i, sample] of samples.entries()) view.setInt16(HEADER + 2 * i, sample, true)
  return file
}
