/** Who wrote a message, and who wrote what it forwards. */
interface Written {
  readonly authorId: string
  readonly forwarded?: { readonly authorId: string } | undefined
}

/** Its words are those of somebody who is blocked, also where another person has forwarded them. */
export const isFromBlocked = ({ authorId, forwarded }: Written, blocked: ReadonlySet<string>): boolean =>
  blocked.has(authorId) || (forwarded !== undefined && blocked.has(forwarded.authorId))
