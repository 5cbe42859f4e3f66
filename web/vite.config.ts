import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { listModules, screens } from './build/chunks.ts'
import { compress } from './build/compress.ts'
import { emoji } from './build/emoji.ts'
import { leanDescriptors } from './build/lean-descriptors.ts'
import { productHeaders } from './build/product-headers.ts'
import { serviceWorker } from './build/service-worker.ts'

const root = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '')
const gateway = process.env.GATEWAY ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [
    leanDescriptors(),
    vue(),
    tailwindcss(),
    emoji(),
    listModules(root),
    serviceWorker(),
    compress(),
    productHeaders(gateway),
  ],
  resolve: {
    alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) },
    conditions: ['beseda-source', 'module', 'browser', 'import', 'default'],
  },
  define: {
    __VERSION__: JSON.stringify(JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).version),
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
  },
  build: {
    target: 'es2022',
    manifest: true,
    reportCompressedSize: false,
    rolldownOptions: {
      output: { codeSplitting: { groups: screens(root) } },
      // net/index.ts re-exports clients; a screen includes only those that it calls.
      treeshake: { moduleSideEffects: [{ test: /\/web\/src\/net\/(index|clients\/\w+)\.ts$/, sideEffects: false }] },
    },
  },
  server: {
    proxy: {
      '/api': gateway,
      '/calendar': gateway,
      '/hooks': gateway,
      '/telemetry': gateway,
      '/ws': { target: gateway, ws: true },
    },
  },
})
