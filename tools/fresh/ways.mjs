/** A way to run the first commands of the README. `npm`: a version from the registry, undefined: the host's own. */
/** @typedef {{ name: string, npm?: string, env?: Record<string, string> }} Way */

/**
 * Each of these has once broken a fresh clone. Those in one line share a clone, one after another: the first installs and builds, the others
 * install again, since what they differ in is how npm installs, and find the build. The lines run side by side. @type {readonly (readonly Way[])[]}
 */
export const CLONES = [
  [
    { name: 'the newest npm', npm: 'latest' },
    { name: 'ignore-scripts', env: { npm_config_ignore_scripts: 'true' } },
  ],
  [
    { name: 'NODE_ENV=production', env: { NODE_ENV: 'production' } },
    { name: 'npm 10', npm: '10' },
  ],
]

/**
 * The environment after a fresh clone: without variables of the npm and the Node that run this.
 * @param {NodeJS.ProcessEnv} env @param {string} root whose `node_modules/.bin` is left out of PATH @returns {Record<string, string>}
 */
export function plainEnvironment(env, root) {
  const own = Object.entries(env).filter(
    /** @returns {entry is [string, string]} */ (entry) =>
      entry[1] !== undefined && !/^(npm_|NODE$|NODE_ENV$|NODE_OPTIONS$|INIT_CWD$|VITEST)/i.test(entry[0]),
  )
  const path = (env.PATH ?? '').split(':').filter((folder) => !folder.startsWith(root) && !/node-gyp-bin/.test(folder))
  return { ...Object.fromEntries(own), PATH: path.join(':') }
}
