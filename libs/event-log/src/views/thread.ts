import { Worker } from 'node:worker_threads'

export interface ThreadOptions {
  /** Most of its heap, MB: a thread that needs more has a fault, and ends. */
  readonly heapMb: number
  /** `workerData` of the script. */
  readonly data?: unknown
}

/**
 * Starts a script beside its caller on a thread of its own, which does not keep the process running. `script` is its name in the build;
 * where the caller runs from the source, as in tests, so does the thread: Node takes the types away.
 */
export function startThread(script: URL, { heapMb, data }: ThreadOptions): Worker {
  const file = import.meta.url.endsWith('.ts') ? new URL(script.href.replace(/\.js$/, '.ts')) : script
  const thread = new Worker(file, {
    // Not those of the process, which load what only its own thread needs.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 4 },
    workerData: data,
  })
  thread.unref()
  return thread
}
