/** The person whose conversations, names and settings are in the memory of this page. */
let owner = ''

/** False when a second person signs in on the same page: the page must be reloaded before anything is shown. */
export function isPageOf(userId: string): boolean {
  if (owner === '') owner = userId
  return owner === userId
}
