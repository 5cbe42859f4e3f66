/** Finds unused translations. Pure. */

/** A literal key, as in `t('shell.back')` or `title: 'group.group'`. */
const LITERAL = /(['"`])([A-Za-z][\w-]*(?:\.[\w-]+)+)\1/g
/** A computed key: the text of the template, with `${}` for interpolations. */
const TEMPLATE = /`((?:[A-Za-z][\w-]*\.)[^`\s]*?)`/g

/**
 * Keys that occur nowhere in the sources, neither as a literal nor in a template such as `look.${choice}`.
 * @param {readonly string[]} keys @param {readonly string[]} sources @returns {string[]}
 */
export function unusedKeys(keys, sources) {
  /** @type {Set<string>} */
  const said = new Set()
  /** @type {Set<string>} */
  const patterns = new Set()
  for (const source of sources) {
    for (const [, , key = ''] of source.matchAll(LITERAL)) said.add(key)
    for (const [, template = ''] of source.matchAll(TEMPLATE)) if (template.includes('${')) patterns.add(template)
  }
  const made = [...patterns].map(
    (template) =>
      new RegExp(
        `^${template
          .split(/\$\{[^}]*\}/)
          .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
          .join('[^.]+')}$`,
      ),
  )
  return keys.filter((key) => !said.has(key) && !made.some((pattern) => pattern.test(key)))
}
