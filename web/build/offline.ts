import type { Rolldown } from 'vite'
import { SCREEN_FILES } from './chunks.ts'

/**
 * Parts of the client that do nothing without a network, or that few people open (source files, as they are imported): the service worker
 * does not fetch them ahead. It keeps what was used once.
 */
export const ON_USE: readonly RegExp[] = [
  /src\/features\/(admin|dev|invites)\//,
  /src\/features\/auth\/(by-letter\/by-link|LinkStep|ProviderReturn|SecondStep)/,
  // Nearly all settings are the server's.
  /src\/features\/settings\//,
  /src\/features\/security\//,
  // What was shared in a conversation is asked of the server; so is whatever changes one, or makes a new one.
  /src\/features\/conversation\/info\//,
  /src\/features\/(inbox|threads\/(?!Also)|chat\/attachments\/gallery|chat\/search|chat\/panels\/Pins)/,
  /src\/features\/groups\/(\w+Dialog|settings\/)/,
  /src\/features\/members\/(\w+Dialog|MemberItems)/,
  /src\/features\/chat\/message\/dialogs\/(Report|SeenBy)Dialog/,
  // How a poll stands is asked of the server; its question is a text.
  /src\/features\/chat\/poll\//,
  // A phone keeps its bar from the first visit.
  /src\/features\/shell\/list\/(Section|phone|status\/Status)\w*/,
  /src\/ui\/controls\/crop\//,
  /src\/features\/notifications\/(later|NotificationSettings)/,
  // Calls need a network; their lines among the messages are read without.
  /src\/features\/calls\/(?!records\/)/,
  /src\/i18n\/(admin|effects)\//,
  // The largest: names of all emoji in each language, and a grammar for each programming language.
  /virtual:emoji\//,
  /src\/features\/chat\/text\/highlight/,
  /node_modules\/(highlight\.js|lowlight)\//,
]

type Bundle = Readonly<Record<string, Rolldown.OutputAsset | Rolldown.OutputChunk>>
/** What the worker fetches when it is installed, by file name. */
export interface Offline {
  /** Large, or fetched by the page in any case, so that the worker finds them in the browser's cache. */
  readonly files: readonly string[]
  /** Small parts: together in one file. */
  readonly packed: readonly string[]
}

/** The parts of the client that work without a network, with all that they import. */
export function keptOffline(bundle: Bundle): Offline {
  const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
  const idle = ON_USE.filter((pattern) => !chunks.some(({ facadeModuleId }) => pattern.test(facadeModuleId ?? '')))
  if (idle.length > 0)
    throw new Error(`build/offline.ts leaves out ${idle.join(', ')}, and the client has no such part`)
  const isWanted = ({ isEntry, isDynamicEntry, facadeModuleId }: Rolldown.OutputChunk) =>
    isEntry || (isDynamicEntry && !ON_USE.some((pattern) => pattern.test(facadeModuleId ?? '')))
  const found = new Set<string>()
  const visit = (name: string) => {
    const chunk = bundle[name]
    if (chunk?.type !== 'chunk' || found.has(name)) return
    found.add(name)
    for (const style of chunk.viteMetadata?.importedCss ?? []) found.add(style)
    for (const other of chunk.imports) visit(other)
  }
  for (const { fileName } of chunks.filter(isWanted)) visit(fileName)
  const isAlone = (name: string) => {
    const chunk = bundle[name]
    if (chunk?.type === 'chunk') return chunk.isEntry || SCREEN_FILES.includes(chunk.name)
    return SCREEN_FILES.some((screen) => name.startsWith(`assets/${screen}-`))
  }
  const fonts = Object.keys(bundle).filter((name) => /onest-(latin|cyrillic)-[\w-]{8}\.woff2$/.test(name))
  return { files: [...[...found].filter(isAlone), ...fonts], packed: [...found].filter((name) => !isAlone(name)) }
}
