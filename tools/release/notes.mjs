/** What the changelog says of a version. Errors: a sentence when it says nothing. @param {string} changelog @param {string} version */
export function notesOf(changelog, version) {
  const section = changelog
    .split(/^## /m)
    .find((part) => part.startsWith(`${version} `) || part.startsWith(`${version}\n`))
  const notes = section?.slice(section.indexOf('\n')).trim()
  if (!notes) throw new Error(`CHANGELOG.md has nothing under "## ${version}".`)
  return `${notes}\n`
}
