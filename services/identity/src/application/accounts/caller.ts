/** Who gives a command, under which id, and when. */
export interface Caller {
  /** Chosen by the client. It proves nothing; see `CommandKeys`. */
  readonly commandId: string
  /** Empty: an operator, or somebody who has no account yet. */
  readonly userId: string
  readonly now: Date
  readonly signal?: AbortSignal | undefined
}

/** The caller of a command without a signed-in person. `network`: where they are, if that is known. */
export type AnonymousCaller = Omit<Caller, 'userId'> & { readonly network?: string }
