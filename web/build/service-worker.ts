import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build, type Plugin, type Rolldown } from 'vite'
import type { Shell } from '../src/sw/shell-cache.ts'
import { keptOffline } from './offline.ts'

/** Files of `public/` that the shell shows. */
const PUBLIC = ['theme.js', 'mark.svg', 'site.webmanifest']

/** Builds `src/sw/sw.ts` as one classic script, `/sw.js`, with the list of files of this build, and the pack of its small ones. */
export function serviceWorker(): Plugin {
  let root = ''
  let folder = ''
  let shell: Shell | undefined
  return {
    name: 'beseda:service-worker',
    apply: 'build',
    configResolved(config) {
      root = config.root
      folder = resolve(root, config.build.outDir)
    },
    writeBundle(_, bundle) {
      shell = shellOf(bundle, folder)
      // For tools/check/budget.mjs.
      writeFileSync(join(folder, '.vite', 'shell.json'), JSON.stringify(shell))
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
          outDir: folder,
          emptyOutDir: false,
          copyPublicDir: false,
          lib: { entry: resolve(root, 'src/sw/sw.ts'), formats: ['iife'], name: 'sw', fileName: () => 'sw.js' },
        },
        resolve: { conditions: ['beseda-source', 'module', 'browser', 'import', 'default'] },
      })
    },
  }
}

/** Writes the pack. */
function shellOf(bundle: Rolldown.OutputBundle, folder: string): Shell {
  const read = (file: string) => readFileSync(join(folder, file))
  const { files: built, packed } = keptOffline(bundle)
  const contents = JSON.stringify(Object.fromEntries(packed.map((file) => [`/${file}`, read(file).toString()])))
  const pack = `assets/pack-${hashOf([contents])}.json`
  writeFileSync(join(folder, pack), contents)
  const files = ['index.html', ...built, ...PUBLIC]
  const version = hashOf([pack, ...files.flatMap((file) => [file, read(file)])])
  return { version, files: files.map((file) => `/${file}`), pack: `/${pack}` }
}

function hashOf(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex').slice(0, 16)
}
