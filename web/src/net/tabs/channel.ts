import { locks, openChannel } from '../../browser.js'
import { handled } from '../../diagnostics/log.js'
import type { LinkState } from '../link/wire.js'

/** Messages between the windows of one browser. Frames and cursors are sent as encoded bytes. */
export type TabMessage =
  /** From the leader: the state of its connection; `live` requests a hello. */
  | { readonly kind: 'state'; readonly state: LinkState }
  /** From the leader: a frame of the server; `to`: for one window only. */
  | { readonly kind: 'frame'; readonly bytes: Uint8Array; readonly to?: string }
  /** From a follower: its cursor in each group. */
  | { readonly kind: 'hello'; readonly from: string; readonly cursors: readonly Uint8Array[] }
  /** From a follower: a frame for the server. */
  | { readonly kind: 'send'; readonly from: string; readonly bytes: Uint8Array }
  /** From a follower: reconnect without waiting. */
  | { readonly kind: 'hurry' }
  /** From a follower that closes. */
  | { readonly kind: 'bye'; readonly from: string }

export interface TabChannel {
  post(message: TabMessage): void
  listen(listener: (message: TabMessage) => void): void
  close(): void
}

/** The channel among the windows of one person in one browser. A message reaches all but the sender, in the order of each sender. */
export function openTabChannel(userId: string): TabChannel {
  const channel = openChannel(`beseda.tabs.${userId}`)
  return {
    post: (message) => channel.postMessage(message),
    listen: (listener) => {
      channel.onmessage = ({ data }: MessageEvent<TabMessage>) => listener(data)
    },
    close: () => channel.close(),
  }
}

/**
 * Calls `lead` when this window owns the socket: at once when there is no other, else when the leader has
 * closed or crashed. Leads until `signal` is aborted. In a browser without Web Locks (a page loaded over plain HTTP from another
 * machine) windows are not coordinated: each of them leads, and the gateway keeps the newest.
 */
export function whenLeading(userId: string, signal: AbortSignal, lead: (alone: boolean) => void): void {
  if (!locks) {
    lead(true)
    return
  }
  const untilAborted = () =>
    new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
      if (signal.aborted) resolve()
      else lead(false)
    })
  locks.request(`beseda.leader.${userId}`, { signal }, untilAborted).catch(handled('tabs.leader'))
}
