import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { chromium } from 'playwright-core'
import { build, preview } from 'vite'
import { emoji } from '../../../web/build/emoji.ts'

const root = fileURLToPath(new URL('../../../web/', import.meta.url))
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
]

/**
 * Builds the production client with a gateway inside the page, serves it, and opens it in Chromium.
 * @template T
 * @param {(open: (query: string, options?: import('playwright-core').BrowserContextOptions) => Promise<import('playwright-core').Page>) => Promise<T>} work
 */
export async function withPage(work) {
  const outDir = await mkdtemp(join(tmpdir(), 'beseda-bench-'))
  const config = {
    configFile: /** @type {const} */ (false),
    root,
    logLevel: /** @type {const} */ ('error'),
    plugins: [vue(), tailwindcss(), emoji()],
    resolve: { conditions: ['beseda-source', 'module', 'browser', 'import', 'default'] },
    define: { __VUE_OPTIONS_API__: 'false' },
    build: { target: 'es2022', outDir, emptyOutDir: true, rollupOptions: { input: join(root, 'bench/index.html') } },
    preview: { host: '127.0.0.1', port: 0 },
  }
  await build(config)
  const server = await preview(config)
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS })
  try {
    return await work(async (query, options = {}) => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-US', ...options })
      const page = await context.newPage()
      await page.goto(`${server.resolvedUrls?.local[0] ?? ''}bench/index.html?${query}`)
      await page.getByRole('log', { name: 'Messages' }).getByRole('article').last().waitFor({ timeout: 120_000 })
      return page
    })
  } finally {
    await browser.close()
    await server.close()
    await rm(outDir, { recursive: true, force: true })
  }
}
