/** The short code being typed after a colon, up to the caret; undefined: none. Two letters at least: `:)` is not one. */
export function openShortCode(
  text: string,
  caret: number,
): { readonly start: number; readonly query: string } | undefined {
  const found = /(?:^|\s|\p{Extended_Pictographic}|\uFE0F)(:([\p{L}\p{N}_+-]{2,40}))$/u.exec(text.slice(0, caret))
  const [, whole = '', query = ''] = found ?? []
  return whole === '' ? undefined : { start: caret - whole.length, query }
}

/** A short code that was just closed by its second colon. */
export function closedShortCode(
  text: string,
  caret: number,
): { readonly start: number; readonly code: string } | undefined {
  const [whole = '', code = ''] = /:([\p{L}\p{N}_+-]{2,40}):$/u.exec(text.slice(0, caret)) ?? []
  return whole === '' ? undefined : { start: caret - whole.length, code }
}
