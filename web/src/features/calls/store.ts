import { newId } from '@beseda/kernel'
import { type Call, CallState, InviteeState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { calls, connection, deviceId, reasonOf } from '../../net/index.js'
import { useAccount } from '../../stores/account.js'
import { useChat } from '../../stores/chat.js'
import type { ActiveCall } from './active-call.js'

const NOTICE_MS = 4_000

const ENDINGS: Record<CallEndReason, string> = {
  [CallEndReason.UNSPECIFIED]: 'calls.endedHangUp',
  [CallEndReason.HANG_UP]: 'calls.endedHangUp',
  [CallEndReason.DECLINED]: 'calls.endedDeclined',
  [CallEndReason.CANCELLED]: 'calls.endedCancelled',
  [CallEndReason.MISSED]: 'calls.endedMissed',
  [CallEndReason.BUSY]: 'calls.endedBusy',
  [CallEndReason.LOST]: 'calls.endedLost',
}

/** The call of this window: the one that rings, the one that is on, and how the last one ended. */
export const useCalls = defineStore('calls', () => {
  const account = useAccount()
  const chat = useChat()
  const ringing = shallowRef<Call>()
  const active = shallowRef<ActiveCall>()
  /** Key of a sentence, shown for a moment. */
  const notice = ref('')
  const opening = ref(false)
  let noticeTimer: ReturnType<typeof setTimeout> | undefined

  function tell(key: string): void {
    clearTimeout(noticeTimer)
    notice.value = key
    noticeTimer = setTimeout(() => {
      notice.value = ''
    }, NOTICE_MS)
  }

  const peerOf = (call: Call): string => chat.conversations.get(call.groupId)?.peerId ?? call.callerId
  const shown = computed(() => ringing.value ?? active.value?.call.value)
  const peerId = computed(() => (shown.value ? peerOf(shown.value) : ''))

  connection.on('callChanged', ({ call }) => {
    if (call) changed(call)
  })
  connection.on('signal', (signal) => active.value?.receive(signal))
  connection.on('live', () => void takeUp())

  const rings = ({ invitees }: Call): boolean =>
    invitees.some(({ userId, state }) => userId === account.userId && state === InviteeState.RINGING)

  function changed(call: Call): void {
    if (active.value?.call.value.id === call.id) {
      active.value.update(call)
      if (call.state === CallState.ENDED) finish(ENDINGS[call.endReason])
      return
    }
    if (rings(call) && !active.value) {
      ringing.value = call
      return
    }
    if (ringing.value?.id !== call.id) return
    ringing.value = undefined
    if (call.state === CallState.ACTIVE) tell('calls.elsewhere')
    else if (call.endReason === CallEndReason.CANCELLED || call.endReason === CallEndReason.MISSED)
      tell(ENDINGS[call.endReason])
  }

  /** After a connection: what rings, and the call that a reload has interrupted. */
  async function takeUp(): Promise<void> {
    if (active.value) {
      await active.value.resume()
      return
    }
    const mine = await calls.listMyCalls({}).catch(() => ({ calls: [] }))
    for (const call of mine.calls) {
      const here = call.participants.some((participant) => participant.deviceId === deviceId())
      if (here) await open(false, () => calls.renewCall({ callId: call.id, groupId: call.groupId }))
      else if (rings(call)) ringing.value = call
    }
  }

  type Opening = () => Promise<Pick<Awaited<ReturnType<typeof calls.startCall>>, 'call' | 'access'>>

  /** The microphone first: nobody is rung by someone who cannot speak. */
  async function open(video: boolean, ask: Opening): Promise<void> {
    if (opening.value || active.value) return
    opening.value = true
    const [{ ActiveCall }, { LocalMedia }] = await Promise.all([import('./active-call.js'), import('./local-media.js')])
    const media = await LocalMedia.open(video).catch(() => undefined)
    try {
      if (!media) return tell('calls.noMicrophone')
      const { call, access } = await ask()
      if (!call || !access || call.state === CallState.ENDED) {
        media.close()
        return tell(ENDINGS[call?.endReason ?? CallEndReason.UNSPECIFIED])
      }
      ringing.value = undefined
      active.value = new ActiveCall(call, access, media, () => void checkLost())
    } catch (error) {
      media?.close()
      ringing.value = undefined
      tell(`errors.${ErrorReason[reasonOf(error)]}`)
    } finally {
      opening.value = false
    }
  }

  const start = (groupId: string, video: boolean) =>
    open(video, () => calls.startCall({ callId: newId(), groupId, video }))

  async function accept(video: boolean): Promise<void> {
    const call = ringing.value
    if (call) await open(video, () => calls.joinCall({ callId: call.id, groupId: call.groupId }))
  }

  async function decline(): Promise<void> {
    const call = ringing.value
    ringing.value = undefined
    if (call) await calls.declineCall({ callId: call.id, groupId: call.groupId }).catch(() => undefined)
  }

  async function hangUp(): Promise<void> {
    const call = active.value?.call.value
    finish('calls.endedHangUp')
    if (call) await calls.leaveCall({ callId: call.id, groupId: call.groupId }).catch(() => undefined)
  }

  /** A renewal failed: the call is over, or only the network is. */
  async function checkLost(): Promise<void> {
    const id = active.value?.call.value.id
    const mine = await calls.listMyCalls({}).catch(() => undefined)
    if (mine && id && !mine.calls.some((call) => call.id === id)) finish('calls.endedLost')
  }

  function finish(key: string): void {
    active.value?.close()
    active.value = undefined
    tell(key)
  }

  return { ringing, active, notice, opening, peerId, start, accept, decline, hangUp }
})
