import { SPEECH_RATE } from '@beseda/client-protocol/speech'
import { Cutter } from './cutter.js'
import framesWorklet from './frames.worklet.js?url&no-inline'
import { Resampler } from './resampler.js'

/** Cuts what a microphone hears into pieces of speech, on this device. Errors: the browser does not run the worklet. */
export async function listen(
  track: MediaStreamTrack,
  onPiece: (samples: Int16Array) => void,
): Promise<{ close(): void }> {
  const context = new AudioContext()
  // Closed already, or it waits for a touch: there are no captions until then.
  const close = () => void context.close().catch(() => undefined)
  try {
    await context.audioWorklet.addModule(framesWorklet)
    const source = context.createMediaStreamSource(new MediaStream([track]))
    const frames = new AudioWorkletNode(context, 'beseda/frames', {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
    })
    const resampler = new Resampler(context.sampleRate, SPEECH_RATE)
    const cutter = new Cutter(onPiece)
    frames.port.onmessage = ({ data }: MessageEvent<Float32Array>) => cutter.push(resampler.push(data))
    source.connect(frames)
    // It waits for a touch.
    void context.resume().catch(() => undefined)
    return {
      close: () => {
        frames.port.onmessage = null
        frames.port.postMessage('close')
        source.disconnect()
        close()
      },
    }
  } catch (error) {
    close()
    throw error
  }
}
