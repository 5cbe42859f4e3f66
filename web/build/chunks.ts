import { relative } from 'node:path'
import type { Plugin, Rolldown } from 'vite'

/** Modules that are loaded together are one file: a hundred small files compress worse, and load six at a time over HTTP/1.1. */
const SCREENS = [
  { name: 'first', roots: ['src/main.ts'] },
  { name: 'shell', roots: ['src/features/shell/screens.ts'] },
] as const
/** Names of the files with the screens. */
export const SCREEN_FILES: readonly string[] = SCREENS.map(({ name }) => name)
/** Modules that re-export others; a screen uses little of them, so what it uses is put where it is used. */
const PASSING_ON =
  /\/@lucide\/vue\/|\/reka-ui\/|\/src\/net\/index\.ts$|\/@bufbuild\/protobuf\/dist\/esm\/(from-json|to-json|equals)\.js$/

/** Every module that the roots import statically. */
function closure(ids: Iterable<string>, graph: Rolldown.ChunkingContext, seen: Set<string>): Set<string> {
  for (const id of ids) {
    if (seen.has(id) || PASSING_ON.test(id)) continue
    seen.add(id)
    closure(graph.getModuleInfo(id)?.importedIds ?? [], graph, seen)
  }
  return seen
}

/** @param root the folder of the client */
export function screens(root: string): Rolldown.CodeSplittingGroup[] {
  return [
    ...SCREENS.map(({ name, roots }, index) => {
      let modules: Set<string> | undefined
      return {
        debugName: name,
        name(id: string, context: Rolldown.ChunkingContext) {
          modules ??= closure(
            roots.map((file) => `${root}/${file}`),
            context,
            new Set(),
          )
          return modules.has(id) ? name : null
        },
        priority: SCREENS.length - index + 1,
      }
    }),
    { name: 'icons', test: /\/@lucide\/vue\//, minShareCount: 2, priority: 1 },
  ]
}

/** Writes `.vite/modules.json`: the modules of each file of the build. `tools/check/budget.mjs` reads it to find modules that load too early. */
export const listModules = (root: string): Plugin => ({
  name: 'beseda:list-modules',
  apply: 'build',
  generateBundle(_, bundle) {
    const parts = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? [file] : []))
    const modules = parts.map(({ fileName, modules }) => [
      fileName,
      Object.entries(modules)
        .filter(([, { renderedLength }]) => renderedLength > 0)
        .map(([id]) => relative(root, id.replace('\0', ''))),
    ])
    this.emitFile({
      type: 'asset',
      fileName: '.vite/modules.json',
      source: JSON.stringify(Object.fromEntries(modules)),
    })
  },
})
