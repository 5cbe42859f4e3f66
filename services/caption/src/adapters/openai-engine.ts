import { SpeechEngine } from '../application/ports.js'
import type { CaptionConfig } from '../config.js'
import { wavOf } from '../domain/wav.js'
import { formOf } from './form.js'

/** An answer is one sentence: more is no engine. */
const MOST_BYTES = 64 * 1024

/** An engine that has OpenAI's interface, as faster-whisper's servers, whisper.cpp and vLLM do: `POST /v1/audio/transcriptions`. */
export class OpenAiEngine extends SpeechEngine {
  constructor(private readonly config: Pick<CaptionConfig, 'url' | 'model' | 'key'>) {
    super()
  }

  /** Errors: those of fetch; another status than 200; an answer that is too long, or has no text. */
  async text(sound: Int16Array, language: string, signal: AbortSignal): Promise<string> {
    const { url, model, key } = this.config
    const form = formOf(
      {
        model,
        response_format: 'json',
        // No second attempts with more fantasy: they cost a multiple, and come too late. The second name is that of whisper.cpp.
        temperature: '0',
        temperature_inc: '0',
        ...(language === '' ? {} : { language }),
      },
      wavOf(sound),
    )
    const answer = await fetch(url, {
      method: 'POST',
      body: form.body,
      headers: { 'Content-Type': form.type, ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }) },
      redirect: 'error',
      signal,
    })
    const body = await bounded(answer)
    if (answer.status !== 200) throw new Error(`the engine answers ${answer.status}`)
    const { text } = JSON.parse(body) as { readonly text?: unknown }
    if (typeof text !== 'string') throw new Error('the engine answers without a text')
    return text
  }
}

async function bounded(answer: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of answer.body ?? []) {
    size += chunk.length
    if (size > MOST_BYTES) throw new Error('the engine answers too much')
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
