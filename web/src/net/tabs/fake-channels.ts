import type { TabChannel, TabMessage } from './channel.js'

/** For specs: the channels of one browser. Every message reaches the other windows at once. */
export function fakeChannels() {
  const listeners = new Map<TabChannel, (message: TabMessage) => void>()
  return {
    open(): TabChannel {
      const channel: TabChannel = {
        post: (message) => {
          for (const [other, listener] of [...listeners]) if (other !== channel) listener(message)
        },
        listen: (listener) => void listeners.set(channel, listener),
        close: () => void listeners.delete(channel),
      }
      return channel
    },
  }
}
