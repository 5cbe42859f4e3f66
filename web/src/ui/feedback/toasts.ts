import { shallowRef } from 'vue'

/** Whose picture a toast shows. */
export interface ToastPicture {
  readonly id: string
  readonly name: string
  readonly square: boolean
  readonly fileId: string | undefined
}

export interface Toast {
  readonly id: number
  readonly text: string
  readonly tone: 'quiet' | 'danger'
  /** A line above the text. */
  readonly title?: string | undefined
  readonly picture?: ToastPicture | undefined
  /** The action offered with it: `whole` if the whole toast is its button. */
  readonly action?: { readonly text: string; readonly run: () => void; readonly whole?: boolean } | undefined
  /** What it is about: a newer one about the same thing replaces it. */
  readonly about?: string | undefined
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
export function toast(text: string, options: Partial<Omit<Toast, 'id' | 'text'>> = {}): () => void {
  const id = ++last
  const ms = options.ms ?? (options.action ? WITH_ACTION_MS : SHOWN_MS)
  const { about } = options
  const others = toasts.value.filter((one) => about === undefined || one.about !== about)
  toasts.value = [...others, { id, text, tone: 'quiet' as const, ...options, ms }].slice(-MOST)
  return () => dismissToast(id)
}

export function dismissToast(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id)
}

/** What it is about has been seen. */
export function dismissToastsAbout(about: string): void {
  if (toasts.value.some((one) => one.about === about)) toasts.value = toasts.value.filter((one) => one.about !== about)
}
