import { createPinia, setActivePinia } from 'pinia'
import { vi } from 'vitest'
import { connection, session } from '../net/index.js'
import type { FrameCase, FrameValue, OutgoingFrame } from '../net/link/wire.js'

type Listener = (value: never) => void

/** Somebody is signed in to this window. */
export function signedIn(userId: string): void {
  session.value = { userId, accessToken: 'token', refreshToken: 'token', expiresAt: Date.now() + 3_600_000 }
}

/** Stores of a page of `ann` that has just been opened, on a connection that says what the spec says and remembers what it is to send. */
export function openedPage() {
  signedIn('ann')
  setActivePinia(createPinia())
  const listeners = new Map<FrameCase, Set<Listener>>()
  const sent: OutgoingFrame[] = []
  vi.spyOn(connection, 'on').mockImplementation((kind, listener) => {
    const all = listeners.get(kind) ?? new Set()
    listeners.set(kind, all.add(listener as Listener))
    return () => void all.delete(listener as Listener)
  })
  vi.spyOn(connection, 'send').mockImplementation((frame) => void sent.push(frame))
  return {
    sent,
    says<C extends FrameCase>(kind: C, value: FrameValue<C>): void {
      for (const listener of listeners.get(kind) ?? []) listener(value as never)
    },
  }
}
