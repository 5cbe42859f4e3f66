/** Whose conversations, names and choices are in the memory of this page. */
let owner = ''

/** False for a second person who signs in on the same page: the page must be reloaded before anything is shown. */
export function isPageOf(userId: string): boolean {
  if (owner === '') owner = userId
  return owner === userId
}
