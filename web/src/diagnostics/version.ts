/** Inserted by the build: the version of the package. */
declare const __VERSION__: string

/** Hash in the name of this file in the build, as in `assets/first-B4x9.js`. */
const build = /-([\w-]{8,})\.js$/.exec(import.meta.url)?.[1]?.replaceAll('_', '.')

/** Identifies this client: version and build, as in `0.1.0+B4x9dD2f`. */
export const VERSION = typeof __VERSION__ === 'string' && build ? `${__VERSION__}+${build}`.slice(0, 40) : 'dev'
