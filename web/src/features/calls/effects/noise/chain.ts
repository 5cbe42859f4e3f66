import { GtcrnWorkletNode, RnnoiseWorkletNode } from '@sapphi-red/web-noise-suppressor'
import gtcrnWasm from '@sapphi-red/web-noise-suppressor/gtcrn.wasm?url&no-inline'
import gtcrnWorklet from '@sapphi-red/web-noise-suppressor/gtcrnWorklet.js?url&no-inline'
import rnnoiseWasm from '@sapphi-red/web-noise-suppressor/rnnoise_simd.wasm?url&no-inline'
import rnnoiseWorklet from '@sapphi-red/web-noise-suppressor/rnnoiseWorklet.js?url&no-inline'
import type { Strength } from '../choice.js'
import guardWorklet from './guard.worklet.js?url&no-inline'

/** Both suppressors take sound at this rate. */
export const RATE = 48_000

/**
 * The suppressors, by what the person chose: RNNoise takes about 6 % of a processor, GTCRN three times as much for a quieter background.
 * Every browser that can make calls has the instructions (SIMD) of the faster RNNoise.
 */
const SUPPRESSORS = {
  strong: { node: RnnoiseWorkletNode, worklet: rnnoiseWorklet, wasm: rnnoiseWasm },
  strongest: { node: GtcrnWorkletNode, worklet: gtcrnWorklet, wasm: gtcrnWasm },
} as const

/** Calls send one channel. */
const MONO = { channelCount: 1, channelCountMode: 'explicit' } as const

export interface Chain {
  /** What is heard: the suppressor's sound, or the raw one while it gives none. */
  readonly output: AudioNode
  close(): void
}

/**
 * A suppressor behind a source, with a guard that lets the raw sound through when it gives none.
 * Errors: the files are not there, or the browser does not run them.
 */
export async function chainBehind(
  source: AudioNode,
  strength: Strength,
  on: { begun(): void; cut(): void },
): Promise<Chain> {
  const { context } = source
  const { node, worklet, wasm } = SUPPRESSORS[strength]
  const [wasmBinary] = await Promise.all([
    program(wasm),
    context.audioWorklet.addModule(worklet),
    context.audioWorklet.addModule(guardWorklet),
  ])
  const suppressor = new node(context as AudioContext, { wasmBinary, maxChannels: 1 })
  suppressor.channelCount = MONO.channelCount
  suppressor.channelCountMode = MONO.channelCountMode
  const guard = new AudioWorkletNode(context, 'beseda/guard', { numberOfInputs: 2, outputChannelCount: [1], ...MONO })
  guard.port.onmessage = ({ data }: MessageEvent<'on' | 'cut'>) => (data === 'on' ? on.begun() : on.cut())
  source.connect(suppressor).connect(guard, 0, 1)
  source.connect(guard, 0, 0)
  return {
    output: guard,
    close: () => {
      guard.port.onmessage = null
      guard.port.postMessage('close')
      for (const one of [source, suppressor, guard]) one.disconnect()
      suppressor.destroy()
    },
  }
}

/**
 * Compiled here first: where a policy or the browser refuses it, the worklet would say nothing and give silence.
 * Errors: those of fetch and of WebAssembly; another answer than the file.
 */
async function program(url: string): Promise<ArrayBuffer> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`the suppressor: ${answer.status}`)
  const binary = await answer.arrayBuffer()
  await WebAssembly.compile(binary)
  return binary
}
