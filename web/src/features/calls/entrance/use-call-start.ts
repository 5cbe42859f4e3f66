import { computed } from 'vue'
import { supportsCalls } from '../browser/web-rtc.js'
import { useCalls } from '../store.js'

/** Calls to a conversation, for its buttons and menus. */
export function useCallStart(groupId: () => string) {
  const calls = useCalls()
  return {
    isSupported: supportsCalls(),
    isBusy: computed(() => calls.opening || calls.active !== undefined || calls.ringing !== undefined),
    begin: (video: boolean) => calls.begin(groupId(), video),
  }
}
