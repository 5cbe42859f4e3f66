import { computed } from 'vue'
import { useCalls } from './store.js'
import { supportsCalls } from './web-rtc.js'

/** Calls to a conversation, for its buttons and menus. */
export function useCallStart(groupId: () => string) {
  const calls = useCalls()
  return {
    isSupported: supportsCalls(),
    isBusy: computed(() => calls.opening || calls.active !== undefined || calls.ringing !== undefined),
    begin: (video: boolean) => calls.begin(groupId(), video),
  }
}
