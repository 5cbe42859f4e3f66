// A plugin of Nx (nx.json): what can be asked of every package, without saying it in each. https://nx.dev/docs/extending-nx/project-graph-plugins
import { dirname } from 'node:path'

/** What kind of package a folder holds. Biome keeps who may import whom (biome.json); the tags are for choosing: `--projects tag:type:lib`. */
const TYPES = { proto: 'contracts', libs: 'lib', services: 'service', gateway: 'gateway', web: 'client' }

/** What a target is made from besides the package itself. */
const CONFIGS = {
  test: ['{workspaceRoot}/vitest.config.ts'],
  typecheck: ['{workspaceRoot}/tsconfig.base.json'],
  lint: ['{workspaceRoot}/biome.json'],
}

/** @param {string} folder of a package, relative to the root */
export function describePackage(folder) {
  const [first = '', second] = folder.split('/')
  const commands = {
    // Pure tests; those with servers and browsers are `npm test -- <folder>`.
    test: `vitest run --project unit --passWithNoTests ${folder}/`,
    typecheck: first === 'web' ? 'vue-tsc --noEmit -p web' : `tsc -b ${folder}`,
    lint: `biome lint ${folder}`,
  }
  const targets = Object.fromEntries(
    /** @type {(keyof typeof CONFIGS)[]} */ (Object.keys(CONFIGS)).map((name) => [
      name,
      {
        command: commands[name],
        options: { cwd: '{workspaceRoot}' },
        cache: true,
        inputs: ['default', '^production', ...CONFIGS[name]],
        // Types of what a package uses are read from what is built.
        ...(name === 'typecheck' ? { dependsOn: ['^build'] } : {}),
      },
    ]),
  )
  const type = TYPES[/** @type {keyof typeof TYPES} */ (first)] ?? 'other'
  return { targets, tags: [`scope:${second ?? first}`, `type:${type}`] }
}

const PACKAGES = '{proto,gateway,web,libs/*,services/*}/package.json'

/** @param {readonly string[]} files */
const infer = (files) => files.map((file) => [file, { projects: { [dirname(file)]: describePackage(dirname(file)) } }])

export const name = 'beseda-targets'
export const createNodes = [PACKAGES, infer]
