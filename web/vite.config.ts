import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { emoji } from './build/emoji.ts'
import { noConstraints } from './build/no-constraints.ts'
import { serviceWorker } from './build/service-worker.ts'

const gateway = process.env.GATEWAY ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [noConstraints(), vue(), tailwindcss(), emoji(), serviceWorker()],
  resolve: {
    alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) },
    conditions: ['beseda-source', 'module', 'browser', 'import', 'default'],
  },
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __INTLIFY_JIT_COMPILATION__: 'true',
    __INTLIFY_DROP_MESSAGE_COMPILER__: 'false',
  },
  build: { target: 'es2022', manifest: true, reportCompressedSize: false },
  server: { proxy: { '/api': gateway, '/ws': { target: gateway, ws: true } } },
})
