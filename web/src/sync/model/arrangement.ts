/** How a person has arranged their conversations. Each is in one place at most; one that is named nowhere is in the list itself. */
export interface Arrangement {
  /** In the person's order. */
  readonly sections: readonly { readonly id: string; readonly name: string; readonly groupIds: readonly string[] }[]
  readonly favouriteIds: readonly string[]
  readonly archivedIds: readonly string[]
}

export const NOT_ARRANGED: Arrangement = { sections: [], favouriteIds: [], archivedIds: [] }
