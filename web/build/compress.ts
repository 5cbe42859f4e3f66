import { globSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'
import type { Plugin } from 'vite'

const compressed = promisify(brotliCompress)

/** Above this, the last tenth is not worth it: 16 s of a processor at each build for a program of 5 MB. */
const LARGE = 1_000_000
const FAST = 6

/** Writes each text and program a second time as `<name>.br`, as small as brotli can: the gateway would take seconds for that at every start. */
export function compress(): Plugin {
  let folder = ''
  return {
    name: 'beseda:compress',
    apply: 'build',
    configResolved({ root, build }) {
      folder = resolve(root, build.outDir)
    },
    closeBundle: {
      // After the service worker has been built.
      order: 'post',
      sequential: true,
      async handler() {
        const texts = globSync('**/*.{html,js,css,json,svg,webmanifest,wasm}', { cwd: folder })
        await Promise.all(texts.map((name) => compressOne(join(folder, name))))
      },
    },
  }
}

async function compressOne(file: string): Promise<void> {
  const text = await readFile(file)
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: text.length > LARGE ? FAST : constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
  }
  await writeFile(`${file}.br`, await compressed(text, { params }))
}
