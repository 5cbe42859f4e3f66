// `npm run sfu`: the server of large calls (LiveKit), built from its Go module into .tools; `npm start` and the tests then use it.
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Advice } from '../lib/root.mjs'
import { lastLines, run } from '../lib/run.mjs'
import { outliveReaders, say, step } from '../lib/terminal.mjs'
import { findGo } from '../provision/go.mjs'
import { findLivekit, LIVEKIT_BINARY, LIVEKIT_FOLDER, LIVEKIT_VERSION } from '../provision/livekit.mjs'

const MODULE = `github.com/livekit/livekit-server/cmd/server@v${LIVEKIT_VERSION}`

/** One package at a time, after everything else on this machine. @param {string} go */
async function build(go) {
  const partial = `${LIVEKIT_FOLDER}.partial`
  const env = { GOBIN: partial, GOFLAGS: '-trimpath' }
  const { code, output } = await run('nice', ['-n', '19', go, 'install', '-p=1', '-ldflags=-s -w', MODULE], { env })
  if (code !== 0)
    throw new Advice(`The server could not be built: is the Go module proxy reached? ${lastLines(output, 3)}`)
  await rm(LIVEKIT_FOLDER, { recursive: true, force: true })
  await rename(partial, LIVEKIT_FOLDER)
  await rename(join(LIVEKIT_FOLDER, 'server'), LIVEKIT_BINARY)
}

outliveReaders()
try {
  const found = await findLivekit()
  if (found === undefined) {
    const go = await step('Go', findGo)
    say('  some 8 minutes of one processor, once')
    await step(`livekit-server ${LIVEKIT_VERSION}`, () => build(go))
  }
  say(`  large calls: ${found ?? LIVEKIT_BINARY}`)
} catch (error) {
  const { message, stack } = /** @type {Error} */ (error)
  process.stderr.write(`${error instanceof Advice || !process.env.DEBUG ? message : (stack ?? message)}\n`)
  process.exitCode = 1
}
