import { shallowRef } from 'vue'

export interface Toast {
  readonly id: number
  readonly text: string
  readonly tone: 'quiet' | 'danger'
  /** The action offered with it. */
  readonly action?: { readonly text: string; readonly run: () => void } | undefined
  /** How long it stays, in ms. */
  readonly ms: number
}

/** Long enough to read it twice; with an action, long enough to reach it. */
const SHOWN_MS = 5_000
const WITH_ACTION_MS = 10_000
/** More at once would hide the conversation: the oldest is removed. */
const MOST = 3
let last = 0

export const toasts = shallowRef<readonly Toast[]>([])

/** Shows a toast. `text` is a translated text. Returns a function that removes it. */
export function toast(text: string, options: Partial<Pick<Toast, 'tone' | 'action' | 'ms'>> = {}): () => void {
  const id = ++last
  const ms = options.ms ?? (options.action ? WITH_ACTION_MS : SHOWN_MS)
  toasts.value = [...toasts.value, { id, text, tone: 'quiet' as const, ...options, ms }].slice(-MOST)
  return () => dismissToast(id)
}

export function dismissToast(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id)
}
