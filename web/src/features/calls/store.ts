import { GroupKind } from '@beseda/proto/group/v1/events'
import { defineStore } from 'pinia'
import { log } from '../../diagnostics/log.js'
import { i18n } from '../../i18n/index.js'
import { whyNotSigning } from '../../keys/can-sign.js'
import { calls, connection, deviceId } from '../../net/index.js'
import { useAccount } from '../../stores/account.js'
import { useChat } from '../../stores/chat.js'
import { useDirectory } from '../../stores/directory.js'
import { usePresence } from '../../stores/presence.js'
import { systemClock } from '../../time/clock.js'
import { beforeLeaving } from '../auth/leaving.js'
import { forgetForReload, readBeforeReload } from './browser/before-reload.js'
import { holdCall } from './browser/one-window.js'
import { supportsCalls } from './browser/web-rtc.js'
import { openMedia } from './call-code.js'
import { callsOf } from './calls.js'
import { relayOnly } from './relay-only.js'

/** The calls of this window. */
export const useCalls = defineStore('calls', () => {
  const [account, chat, directory] = [useAccount(), useChat(), useDirectory()]
  return callsOf({
    me: () => account.userId,
    myDevice: deviceId,
    api: calls,
    connection,
    log,
    clock: systemClock,
    isSupported: supportsCalls(),
    whyNotSigning,
    onTalking: (talking) => {
      usePresence().talking = talking
    },
    nameOf: (userId) => (directory.user(userId) ? directory.nameOf(userId) : i18n.t('calls.somebody')),
    isDirect: (groupId) => chat.conversations.get(groupId)?.kind === GroupKind.DIRECT,
    beforeLeaving,
    reload: { read: readBeforeReload, forget: forgetForReload },
    holdCall,
    relayOnly: () => relayOnly.value,
    openMedia,
    makeCall: async () => {
      const [{ ActiveCall }, { browserCallParts }, { keysOf }] = await Promise.all([
        import('./active-call.js'),
        import('./active-call-parts.js'),
        import('../../keys/device-keys.js'),
      ])
      const keys = await keysOf(account.userId)
      return (joined, me, media, onOver) => new ActiveCall(joined, me, media, onOver, { ...browserCallParts, keys })
    },
  })
})
