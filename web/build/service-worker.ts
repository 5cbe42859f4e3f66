import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build, type Plugin, type Rolldown } from 'vite'
import type { Shell } from '../src/sw/shell-cache.ts'
import { SCREEN_FILES } from './chunks.ts'

/**
 * Larger parts (call media, models, emoji data) are fetched when first used, and cached then.
 * 200 kB: the rest of the client is then small enough for a phone to download in a second or two.
 */
const MOST_BYTES = 200_000
/** Files of `public/` that the shell shows. */
const PUBLIC = ['theme.js', 'mark.svg', 'site.webmanifest']
const WANTED = /\.(js|css)$|onest-(latin|cyrillic)-wght.*\.woff2$/

/** Builds `src/sw/sw.ts` as one classic script, `/sw.js`, with the list of files of this build. */
export function serviceWorker(): Plugin {
  let root = ''
  let shell: Shell | undefined
  return {
    name: 'beseda:service-worker',
    apply: 'build',
    configResolved(config) {
      root = config.root
    },
    writeBundle(options, bundle) {
      shell = shellOf(bundle, options.dir ?? join(root, 'dist'))
    },
    async closeBundle() {
      if (!shell) return
      await build({
        configFile: false,
        root,
        publicDir: false,
        logLevel: 'warn',
        define: { __SHELL__: JSON.stringify(shell) },
        build: {
          target: 'es2022',
          emptyOutDir: false,
          copyPublicDir: false,
          lib: { entry: resolve(root, 'src/sw/sw.ts'), formats: ['iife'], name: 'sw', fileName: () => 'sw.js' },
        },
        resolve: { conditions: ['beseda-source', 'module', 'browser', 'import', 'default'] },
      })
    },
  }
}

function shellOf(bundle: Rolldown.OutputBundle, folder: string): Shell {
  const sizeOf = (file: Rolldown.OutputAsset | Rolldown.OutputChunk) =>
    Buffer.byteLength(file.type === 'chunk' ? file.code : file.source)
  const built = Object.values(bundle)
    .filter((file) => WANTED.test(file.fileName) && (sizeOf(file) <= MOST_BYTES || isScreen(file)))
    .map(({ fileName }) => fileName)
  const files = ['index.html', ...built, ...PUBLIC]
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(readFileSync(join(folder, file)))
  return { version: hash.digest('hex').slice(0, 16), files: files.map((file) => `/${file}`) }
}

/** Always precached, whatever their size, because nothing can be shown without them. */
const isScreen = (file: Rolldown.OutputAsset | Rolldown.OutputChunk) =>
  file.type === 'chunk' && (file.isEntry || SCREEN_FILES.includes(file.name))
