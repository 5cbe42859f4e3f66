// `npm run models`: a speech recogniser to try captions with, and that their test uses: faster-whisper and Whisper's weights, into .tools/models/.
import { Advice } from '../lib/root.mjs'
import { endChildren } from '../lib/run.mjs'
import { step } from '../lib/terminal.mjs'
import { ALL, MODELS, PYTHON, provideEngine, provideModel } from './models.mjs'

for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, endChildren)
try {
  await step('faster-whisper', provideEngine)
  for (const model of ALL) await step(model.what, () => provideModel(model))
  console.log(`\nAn engine for captions:\n  ${PYTHON} tools/models/server.py ${MODELS}/base 8000`)
  console.log('  CAPTION_URL=http://127.0.0.1:8000/v1/audio/transcriptions npm start')
} catch (error) {
  if (!(error instanceof Advice)) throw error
  console.error(error.message)
  process.exitCode = 1
}
