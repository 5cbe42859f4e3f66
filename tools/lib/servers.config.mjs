// Configuration of Rolldown: the code of all server processes in a few files, because importing 1,200 modules took three quarters of the processor
// time of a start. Not for `npm run dev`, which restarts single services, nor for the image. ADR 63.
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { defineConfig } from 'rolldown'
import { SERVICES } from '../start/plan.mjs'
import { ROOT } from './root.mjs'

/** Packages with native code; they find their binaries beside themselves. */
const NATIVE = ['sharp', 'uWebSockets.js', '@node-rs/argon2']
/** Loaded only for tracing, where an OTLP endpoint is set. */
const TRACING = ['@opentelemetry/sdk-node', '@opentelemetry/exporter-trace-otlp-http']
/** Parts of Nest that are not installed: other transports, validation by classes. */
const NOT_INSTALLED =
  /^(@nestjs\/(websockets|platform-\w+)|@grpc\/|kafkajs$|mqtt$|nats$|amqp|class-(transformer|validator)|@mikro-orm\/)/

/** @param {string} id of a module */
const isOfPackage = (id) => /[\\/]node_modules[\\/]|^\0/.test(id)
/** @param {string} id of an import */
const external = (id) => isBuiltin(id) || NATIVE.includes(id) || TRACING.includes(id) || NOT_INSTALLED.test(id)

/**
 * Stack traces refer to our own sources. Maps of packages are left out: Node reads every map when it starts, which took a fifth of the time.
 * @type {import('rolldown').Plugin}
 */
const mapsOfOurCode = {
  name: 'maps-of-our-code',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk' || !chunk.moduleIds.every(isOfPackage)) continue
      delete bundle[`${chunk.fileName}.map`]
      chunk.map = null
      chunk.code = chunk.code.replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n')
    }
  },
}

const BESIDE = /new URL\('(\.{1,2}\/[^']+)\.js', import\.meta\.url\)/g

/**
 * A file that code names beside itself, such as that of a thread, is a file of the bundles, too.
 * @type {import('rolldown').Plugin}
 */
const filesBeside = {
  name: 'files-beside',
  transform(code, id) {
    if (isOfPackage(id) || !code.includes('import.meta.url')) return null
    const found = code.replace(BESIDE, (_, file) => {
      const reference = this.emitFile({ type: 'chunk', id: join(dirname(id), `${file}.ts`) })
      return `new URL(import.meta.ROLLUP_FILE_URL_${reference})`
    })
    if (/new URL\([^)]*import\.meta\.url/.test(found)) throw new Error(`${id} names a file that is not beside a bundle`)
    return found
  },
}

export default defineConfig({
  cwd: ROOT,
  input: {
    ...Object.fromEntries(SERVICES.map((name) => [name, `services/${name}/src/main.ts`])),
    gateway: 'gateway/src/main.ts',
    'setup-log': 'tools/setup-log.mjs',
  },
  platform: 'node',
  plugins: [filesBeside, mapsOfOurCode],
  external,
  tsconfig: false,
  transform: { target: 'es2024', decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: {
    conditionNames: ['beseda-source', 'module', 'node', 'import', 'default'],
    extensionAlias: { '.js': ['.ts', '.js'] },
  },
  // A package that cannot be found would be missed only when it is loaded.
  onLog(level, log, handle) {
    if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message)
    handle(level, log)
  },
  output: {
    dir: 'dist/servers',
    cleanDir: true,
    format: 'esm',
    // Chunks are shared, and evaluated in the order of the sources: `reflect-metadata` before what is decorated.
    strictExecutionOrder: true,
    codeSplitting: { groups: [{ name: 'packages', test: isOfPackage }] },
    chunkFileNames: 'chunks/[name]-[hash].js',
    // Nest and the logs name classes.
    keepNames: true,
    sourcemap: true,
    sourcemapExcludeSources: true,
  },
})
