import { handled } from '../../diagnostics/log.js'
import type { LinkState } from '../link/wire.js'

/** What the windows of one browser tell each other. Frames and cursors travel as the bytes of their messages. */
export type TabMessage =
  /** The leader: how its connection stands; `live` asks for a hello. */
  | { readonly kind: 'state'; readonly state: LinkState }
  /** The leader: something the server has said; `to`: for one window only. */
  | { readonly kind: 'frame'; readonly bytes: Uint8Array; readonly to?: string }
  /** A follower: where it stands in each group. */
  | { readonly kind: 'hello'; readonly from: string; readonly cursors: readonly Uint8Array[] }
  /** A follower: something for the server. */
  | { readonly kind: 'send'; readonly from: string; readonly bytes: Uint8Array }
  /** A follower: the person does not want to wait. */
  | { readonly kind: 'hurry' }
  /** A follower leaves. */
  | { readonly kind: 'bye'; readonly from: string }

export interface TabChannel {
  post(message: TabMessage): void
  listen(listener: (message: TabMessage) => void): void
  close(): void
}

/** The windows of one person in one browser. A message comes to all but the sender, in the order of each sender. */
export function openTabChannel(userId: string): TabChannel {
  const channel = new BroadcastChannel(`beseda.tabs.${userId}`)
  return {
    post: (message) => channel.postMessage(message),
    listen: (listener) => {
      channel.onmessage = ({ data }: MessageEvent<TabMessage>) => listener(data)
    },
    close: () => channel.close(),
  }
}

/**
 * Calls `lead` when this window is the one that owns the socket: at once when there is no other, else when the leader has
 * closed or crashed. Leads until `signal` is aborted. A browser without Web Locks (a page that came over plain HTTP from another
 * machine) has no order among windows: each of them leads, and the gateway keeps the newest.
 */
export function whenLeading(userId: string, signal: AbortSignal, lead: (alone: boolean) => void): void {
  if (!('locks' in navigator)) {
    lead(true)
    return
  }
  const untilAborted = () =>
    new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
      if (signal.aborted) resolve()
      else lead(false)
    })
  navigator.locks.request(`beseda.leader.${userId}`, { signal }, untilAborted).catch(handled('tabs.leader'))
}
