import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@beseda/testkit'
import type { Page } from 'playwright-core'
import { MODELS, PYTHON } from '../../tools/models/models.mjs'

/** A human voice that reads the beginning of Dickens' A Tale of Two Cities, 44 s. */
export const SPEECH = join(MODELS, 'speech', 'two_cities.wav')
export const TEXT = `It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it was
the epoch of belief, it was the epoch of incredulity, it was the season of light, it was the season of darkness, it was the spring of hope,
it was the winter of despair, we had everything before us, we had nothing before us, we were all going direct to heaven, we were all going
direct the other way. In short, the period was so far like the present period, that some of its noisiest authorities insisted on its being
received, for good or for evil, in the superlative degree of comparison only.`

/** What `npm run models` has not fetched of what a test with this model and this speech needs; empty: all is there. */
export const missingFor = (model: string, speech: string): readonly string[] =>
  [PYTHON, speech, join(MODELS, model, 'model.bin')].filter((file) => !existsSync(file))

/** A real engine (tools/models/server.py). */
export async function startWhisper(model: string): Promise<{ url: string; stop(): void }> {
  const port = await freePort()
  const child = spawn(PYTHON, ['tools/models/server.py', join(MODELS, model), String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await listening(child)
  return { url: `http://127.0.0.1:${port}/v1/audio/transcriptions`, stop: () => void child.kill() }
}

const listening = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.stdout?.once('data', () => resolve())
    child.once('exit', (code) => reject(new Error(`the engine has ended: ${code}`)))
  })

/** A microphone that is silent until `speak` is called in the page, and then plays a file of the page's own origin. */
export async function withVoice(page: Page): Promise<void> {
  await page.addInitScript(() => {
    let context: AudioContext | undefined
    let way: MediaStreamAudioDestinationNode | undefined
    navigator.mediaDevices.getUserMedia = async () => {
      context ??= new AudioContext({ sampleRate: 48_000 })
      way ??= context.createMediaStreamDestination()
      return way.stream.clone()
    }
    const speak = async (path: string) => {
      if (!context || !way) throw new Error('nobody has opened the microphone')
      const buffer = await context.decodeAudioData(await (await fetch(path)).arrayBuffer())
      const source = new AudioBufferSourceNode(context, { buffer })
      source.connect(way)
      await new Promise<void>((resolve) => {
        source.onended = () => resolve()
        source.start()
      })
    }
    Object.assign(window, { speak })
  })
}

/** Resolves when the voice has ended. */
export async function speak(page: Page, file: string): Promise<void> {
  await page.route('/speech.wav', (route) => route.fulfill({ path: file, contentType: 'audio/wav' }))
  await page.evaluate(() => (window as unknown as { speak(path: string): Promise<void> }).speak('/speech.wav'))
}

const words = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

/** Word error rate: substitutions, insertions and deletions, as a share of the words that were said. */
export function wordErrors(said: string, heard: string): number {
  const [reference, found] = [words(said), words(heard)]
  let row = found.map((_, i) => i + 1)
  reference.forEach((word, r) => {
    let diagonal = r
    let left = r + 1
    row = row.map((above, f) => {
      const here = Math.min(left + 1, above + 1, diagonal + (word === found[f] ? 0 : 1))
      diagonal = above
      left = here
      return here
    })
  })
  return (row.at(-1) ?? reference.length) / reference.length
}
