import type { Rolldown } from 'vite'
import { expect, test } from 'vitest'
import { keptOffline, ON_USE } from './offline.js'

type Made = Partial<Rolldown.OutputChunk> & { css?: string[] }
const chunk = ({ css = [], ...more }: Made) =>
  ({
    type: 'chunk',
    imports: [],
    viteMetadata: { importedCss: new Set(css) },
    ...more,
  }) as unknown as Rolldown.OutputChunk
const dynamic = (source: string, more: Made = {}) =>
  chunk({ isDynamicEntry: true, facadeModuleId: `/beseda/web/${source}`, ...more })
const named = (chunks: Record<string, Rolldown.OutputChunk>) =>
  Object.fromEntries(Object.entries(chunks).map(([fileName, one]) => [fileName, { ...one, fileName }]))

/** A part for each pattern, so that all of them match something. */
const onUse = Object.fromEntries(
  [
    'src/features/admin/AdminPage.vue',
    'src/features/auth/by-letter/by-link.ts',
    'src/features/settings/SettingsDialog.vue',
    'src/features/security/passkeys.ts',
    'src/features/conversation/info/InfoPanel.vue',
    'src/ui/controls/crop/CropDialog.vue',
    'src/features/notifications/later.ts',
    'src/features/groups/LeaveDialog.vue',
    'src/features/members/BanDialog.vue',
    'src/features/chat/message/dialogs/ReportDialog.vue',
    'src/features/chat/poll/PollDialog.vue',
    'src/features/chat/search/SearchPanel.vue',
    'src/features/shell/list/SectionDialog.vue',
    'src/features/calls/window/CallWindow.vue',
    'src/i18n/admin/ru.ts',
    'virtual:emoji/ru',
    'src/features/chat/text/highlight.ts',
    'node_modules/highlight.js/es/languages/go.js',
  ].map((source, i) => [`assets/later-${i}.js`, dynamic(source, { imports: ['assets/lines.js'] })]),
)
const bundle = named({
  'assets/index.js': chunk({ isEntry: true, imports: ['assets/first-1.js'] }),
  'assets/first-1.js': chunk({ name: 'first', css: ['assets/first-2.css'] }),
  'assets/menu.js': dynamic('src/ui/Menu.vue', {
    imports: ['assets/shared.js', 'assets/first-1.js'],
    css: ['assets/menu.css'],
  }),
  'assets/shared.js': chunk({}),
  'assets/lines.js': chunk({}),
  'assets/CallEntryLine.js': dynamic('src/features/calls/records/CallEntryLine.vue'),
  ...onUse,
})

test('the first screens are files of their own; the small parts that work without a network, with all that they import, are packed', () => {
  const { files, packed } = keptOffline(bundle)
  expect(files).toEqual(['assets/index.js', 'assets/first-1.js', 'assets/first-2.css'])
  expect(packed).toEqual(['assets/menu.js', 'assets/menu.css', 'assets/shared.js', 'assets/CallEntryLine.js'])
})

test('only the fonts of the two languages are kept: others are fetched for the texts that need them', () => {
  const fonts = ['latin-AbCd_12-', 'cyrillic-AbCdEf12', 'latin-accents-AbCdEf12', 'latin-ext-wght-normal-AbCdEf12']
  const assets = fonts.map((font) => [`assets/onest-${font}.woff2`, { type: 'asset' } as Rolldown.OutputAsset] as const)
  expect(keptOffline({ ...bundle, ...Object.fromEntries(assets) }).files.slice(-2)).toEqual([
    'assets/onest-latin-AbCd_12-.woff2',
    'assets/onest-cyrillic-AbCdEf12.woff2',
  ])
})

test('a part that is left out must exist: a moved one would be packed unnoticed', () => {
  const { 'assets/later-0.js': moved, ...rest } = bundle
  expect(moved).toBeDefined()
  expect(() => keptOffline(rest)).toThrow(String(ON_USE[0]))
})
