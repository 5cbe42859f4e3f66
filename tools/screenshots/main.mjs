// `npm run screenshots`: every screen of the client, light and dark, on a desktop and a phone, into docs/screenshots/.
import { build, generate } from '../lib/build.mjs'
import { endChildren, run } from '../lib/run.mjs'
import { step } from '../lib/terminal.mjs'
import { provideChromium } from '../test/chromium.mjs'

for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, endChildren)
await step('Chromium', provideChromium)
await step('generated code', generate)
await step('build', build)
const { code } = await run('vitest', ['run', '--project', 'shots', ...process.argv.slice(2)], {
  inherit: true,
})
process.exitCode = code
