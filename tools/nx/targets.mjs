// A plugin of Nx (nx.json): infers the targets of every package, without repeating them in each. https://nx.dev/docs/extending-nx/project-graph-plugins
import { dirname } from 'node:path'

/** The kind of package that a folder holds. Biome enforces imports (biome.json); the tags are for selecting: `--projects tag:type:lib`. */
const TYPES = { proto: 'contracts', libs: 'lib', services: 'service', gateway: 'gateway', web: 'client' }

/** Inputs of a target besides the package itself. */
const CONFIGS = {
  test: ['{workspaceRoot}/vitest.config.ts'],
  typecheck: ['{workspaceRoot}/tsconfig.base.json'],
  lint: ['{workspaceRoot}/biome.json'],
}

/** @param {string} folder of a package, relative to the root */
export function describePackage(folder) {
  const [first = '', second] = folder.split('/')
  const commands = {
    // Unit tests only; those with servers and browsers run by `npm test -- <folder>`.
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
        // Types of the dependencies are read from their build output.
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
