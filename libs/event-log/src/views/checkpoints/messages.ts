/** What the thread of the checkpoints is told. `held`: nothing is folded into the view until `go`. */
export type ToThread =
  | { readonly kind: 'keep'; readonly file: string }
  | { readonly kind: 'cut'; readonly file: string; readonly id: number }
  | { readonly kind: 'freeze'; readonly file: string; readonly id: number }
  | { readonly kind: 'thaw'; readonly file: string }
  | { readonly kind: 'held'; readonly file: string }
  | { readonly kind: 'stop' }

/** What it tells. `hold`: asks that nothing is folded; answered with `held`. */
export type FromThread =
  | { readonly kind: 'hold'; readonly file: string }
  | { readonly kind: 'go'; readonly file: string }
  | { readonly kind: 'cut'; readonly id: number; readonly done: boolean }
  | { readonly kind: 'failed'; readonly file: string; readonly message: string }
