const CODE = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g
const SPOILER = /\|\|[\s\S]+?\|\|/g
const LINK = /https?:\/\/[^\s<>"'`|*_~)\]}]*[^\s<>"'`|*_~)\]}.,:;!?]/i

/** The first link of a message's text that is neither in code nor in a spoiler; undefined: none. */
export function firstLink(text: string): string | undefined {
  const [found] = LINK.exec(text.replace(CODE, ' ').replace(SPOILER, ' ')) ?? []
  return found && URL.canParse(found) && found.length <= 2_048 ? found : undefined
}
