// Finds the Debian mirror of the host's own apt: sources.list(5), in both of its formats.

/** One source of packages. @typedef {{ uris: string[], suites: string[], components: string[] }} Source */

/** `deb [signed-by=…] http://mirror.example/debian bookworm main` @param {string} text of a `.list` file @returns {Source[]} */
function readLines(text) {
  return text.split('\n').flatMap((line) => {
    const found = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line)
    if (!found) return []
    const [, uri = '', suite = '', components = ''] = found
    return [{ uris: [uri], suites: [suite], components: words(components) }]
  })
}

/** Stanzas of `Types: deb`, `URIs: …`, `Suites: …`, `Components: …`. @param {string} text of a `.sources` file @returns {Source[]} */
function readStanzas(text) {
  const plain = text.replace(/^#.*\n?/gm, '')
  return plain.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (/** @type {string} */ name) =>
      words(new RegExp(`^${name}:((?:.*(?:\n[ \t].*)*))`, 'im').exec(stanza)?.[1] ?? '')
    if (!field('Types').includes('deb') || field('Enabled')[0] === 'no') return []
    return [{ uris: field('URIs'), suites: field('Suites'), components: field('Components') }]
  })
}

const words = (/** @type {string} */ text) => text.split(/\s+/).filter(Boolean)

/** @param {readonly { name: string, text: string }[]} files @returns {Source[]} */
export const readSources = (files) =>
  files.flatMap(({ name, text }) => (name.endsWith('.sources') ? readStanzas(text) : readLines(text)))

/**
 * The archive of Debian itself: the source with the release of this host that is not an add-on. It may be anything that apt
 * can read: `mirror+file:/etc/apt/mirrors/debian.list` on Debian's cloud images, a cache, an internal mirror under any name. Others
 * publish for the same release; a name with `debian` is preferred.
 * @param {readonly Source[]} sources @param {string} codename of the host's release @returns {string | undefined} undefined: apt names none
 */
export function chooseMirror(sources, codename) {
  const releases = new Set([codename, 'stable', 'oldstable', 'testing', 'sid', 'unstable'])
  const fitting = sources
    .filter(({ suites, components }) => components.includes('main') && suites.some((suite) => releases.has(suite)))
    .flatMap(({ uris }) => uris)
    .filter((uri) => !uri.startsWith('cdrom:') && !/security/.test(uri))
  return fitting.find((uri) => /\bdebian(\/|\.list)?$/.test(uri)) ?? fitting.find(isDebian)
}

const isDebian = (/** @type {string} */ uri) => uri.includes('debian')
