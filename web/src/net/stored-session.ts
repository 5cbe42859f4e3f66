import { ref, shallowRef } from 'vue'
import { localStore, windowStore } from '../browser.js'
import { whenBack } from './page-life.js'

// Small, because the router needs it before anything else is loaded.
/** The stored sign-in of this browser. */
export interface StoredSession {
  readonly userId: string
  readonly accessToken: string
  /** Unix ms, by the clock of this device. */
  readonly expiresAt: number
  readonly refreshToken: string
}

export const SESSION_KEY = 'beseda.session'
/** The stored session, whichever window wrote it. */
export function storedSession(): StoredSession | undefined {
  try {
    const text = localStore.getItem(SESSION_KEY)
    return text === null ? undefined : (JSON.parse(text) as StoredSession)
  } catch {
    // Written by another version, or by another program: treated as signed out.
    return undefined
  }
}

/** The session of all windows of this browser. */
export const session = shallowRef<StoredSession | undefined>(storedSession())

const ENDED_KEY = 'beseda.ended'
/** The person signs out in this window: that the other windows do the same is no news here. */
let leaving = false
export function leavingHere(now: boolean): void {
  leaving = now
}

window.addEventListener('storage', ({ key }) => {
  if (key === SESSION_KEY || key === null) compare()
})
// A frozen page is not told.
whenBack(compare)

function compare(): void {
  if (leaving) return
  const before = session.value?.userId
  session.value = storedSession()
  if (before === undefined || before === session.value?.userId) return
  // Signed out, or somebody else signed in, in another window: nothing in the memory of this page belongs to them.
  if (!session.value) windowStore.setItem(ENDED_KEY, before)
  location.reload()
}

/** Stores it for all windows. */
export function storeSession(kept: StoredSession): void {
  session.value = kept
  endedElsewhere.value = false
  localStore.setItem(SESSION_KEY, JSON.stringify(kept))
}

/** Whether the last session of this window was ended, not left by the person here. */
export const endedElsewhere = ref(windowStore.getItem(ENDED_KEY) !== null)
windowStore.removeItem(ENDED_KEY)

export function forgetSession(ended = false): void {
  endedElsewhere.value = ended
  session.value = undefined
  localStore.removeItem(SESSION_KEY)
}
