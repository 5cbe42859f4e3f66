import { computed } from 'vue'
import { deviceId } from '../../../net/index.js'
import { useAccount } from '../../../stores/account.js'
import { supportsCalls } from '../browser/web-rtc.js'
import { participationOf } from '../ringing/rings.js'
import { useCalls } from '../store.js'

const ACTIONS = { here: 'calls.takeOver', elsewhere: 'calls.moveHere', none: 'calls.join' } as const

/** How this person gets into the call of a group, as it is now. */
export function useEntrance(groupId: () => string) {
  const calls = useCalls()
  const account = useAccount()
  const call = computed(() => calls.pictures.get(groupId()))
  const participation = computed(() => (call.value ? participationOf(call.value, account.userId, deviceId()) : 'none'))
  const people = computed(() => call.value?.participants.map(({ userId }) => userId) ?? [])
  const isFull = computed(() => {
    const { limit = 0 } = call.value ?? {}
    return limit > 0 && participation.value === 'none' && people.value.length >= limit
  })
  return {
    call,
    participation,
    people,
    isFull,
    isSupported: supportsCalls(),
    /** Key of what the button says. */
    action: computed(() => (isFull.value ? 'calls.full' : ACTIONS[participation.value])),
    mayEnter: computed(() => supportsCalls() && !isFull.value && !calls.active),
  }
}
