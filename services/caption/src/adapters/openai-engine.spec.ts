import { expect, test } from 'vitest'
import { OpenAiEngine } from './openai-engine.js'

test('a speaker who takes their word back before the engine is asked ends that request, and nothing else', async () => {
  const engine = new OpenAiEngine({ url: new URL('http://127.0.0.1:1/'), model: 'tiny.en', key: undefined })
  // With FormData as the body, fetch would leave a rejection behind that ends the process.
  await expect(engine.text(new Int16Array(60_000), 'en', AbortSignal.abort())).rejects.toThrow('aborted')
})
