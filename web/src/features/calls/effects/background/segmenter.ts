import graphUrl from '@mediapipe/selfie_segmentation/selfie_segmentation.binarypb?url&no-inline'
import scriptUrl from '@mediapipe/selfie_segmentation/selfie_segmentation.js?url&no-inline'
import squareUrl from '@mediapipe/selfie_segmentation/selfie_segmentation.tflite?url&no-inline'
import wideUrl from '@mediapipe/selfie_segmentation/selfie_segmentation_landscape.tflite?url&no-inline'
import loaderUrl from '@mediapipe/selfie_segmentation/selfie_segmentation_solution_simd_wasm_bin.js?url&no-inline'
import wasmUrl from '@mediapipe/selfie_segmentation/selfie_segmentation_solution_simd_wasm_bin.wasm?url&no-inline'

type Solution = InstanceType<typeof import('@mediapipe/selfie_segmentation').SelfieSegmentation>
type Made = typeof globalThis & {
  readonly SelfieSegmentation?: new (config: { locateFile(name: string): string }) => Solution
}

/** Finds the person in a picture. */
export interface Segmenter {
  /** Opaque where the person is. Valid until the next call. */
  mask(picture: HTMLCanvasElement): Promise<CanvasImageSource>
  close(): void
}

/** The names by which the library asks for its files; the build gives them others. */
const FILES: Readonly<Record<string, string>> = {
  'selfie_segmentation.binarypb': graphUrl,
  'selfie_segmentation.tflite': squareUrl,
  'selfie_segmentation_landscape.tflite': wideUrl,
  'selfie_segmentation_solution_simd_wasm_bin.js': loaderUrl,
  'selfie_segmentation_solution_simd_wasm_bin.wasm': wasmUrl,
}
/** The smallest program. */
const NOTHING = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])

/**
 * MediaPipe's segmentation of selfies, on the graphics processor. `wide`: the faster model, for pictures that are wider than high.
 * Errors: a file is not there, or the browser does not run them; the library alone would say neither.
 */
export async function openSegmenter(wide: boolean): Promise<Segmenter> {
  await WebAssembly.compile(NOTHING)
  await Promise.all([graphUrl, wide ? wideUrl : squareUrl, loaderUrl, wasmUrl].map(isThere))
  await loadScript()
  const { SelfieSegmentation } = globalThis as Made
  if (!SelfieSegmentation) throw new Error('the segmenter has no entry')
  const solution = new SelfieSegmentation({
    locateFile: (name) => {
      const url = FILES[name]
      if (url === undefined) throw new Error(`the segmenter asks for ${name}`)
      return url
    },
  })
  solution.setOptions({ modelSelection: wide ? 1 : 0 })
  let found: CanvasImageSource | undefined
  solution.onResults(({ segmentationMask }) => {
    found = segmentationMask
  })
  await solution.initialize()
  return {
    mask: async (picture) => {
      found = undefined
      await solution.send({ image: picture })
      if (!found) throw new Error('the segmenter gives no mask')
      return found
    },
    close: () => void solution.close(),
  }
}

/** The browser keeps the file: the library finds it there. */
async function isThere(url: string): Promise<void> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`the segmenter: ${answer.status}`)
  await answer.arrayBuffer()
}

let loading: Promise<void> | undefined
/** A classic script, which defines a global. Loaded once. */
function loadScript(): Promise<void> {
  loading ??= new Promise<void>((resolve, reject) => {
    const script = document.createElement('script')
    script.src = scriptUrl
    script.onload = () => resolve()
    script.onerror = () => {
      loading = undefined
      script.remove()
      reject(new Error('the segmenter: no script'))
    }
    document.head.append(script)
  })
  return loading
}
