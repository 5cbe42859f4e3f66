import { windowStore } from '../../../browser.js'

/** The media state of a call, kept for a reload in the middle of it. */
export interface BeforeReload {
  readonly callId: string
  readonly microphone: boolean
  readonly camera: boolean
  readonly deafened: boolean
}

const KEY = 'beseda.call'

export const noteForReload = (state: BeforeReload): void => windowStore.setItem(KEY, JSON.stringify(state))
export const forgetForReload = (): void => windowStore.removeItem(KEY)

export function readBeforeReload(callId: string): BeforeReload | undefined {
  try {
    const state = JSON.parse(windowStore.getItem(KEY) ?? 'null') as BeforeReload | null
    return state?.callId === callId ? state : undefined
  } catch {
    // Written by another version, or by another program: treated as missing.
    return undefined
  }
}
