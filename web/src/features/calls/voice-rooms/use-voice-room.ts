import { handled } from '../../../diagnostics/log.js'
import { i18n, seldomWords } from '../../../i18n/index.js'
import { announce } from '../../../ui/feedback/announce.js'
import { useEntrance } from '../entrance/use-entrance.js'
import { wasMicrophoneOn } from '../media/last-microphone.js'
import { useCalls } from '../store.js'
import { voiceRoomOf } from './voice-room.js'

/** The voice room of a group, for its line in the list and its button. */
export const useVoiceRoom = (groupId: () => string) =>
  voiceRoomOf({
    groupId,
    calls: useCalls(),
    entrance: useEntrance(groupId),
    wasMicrophoneOn,
    tell: (key) =>
      void seldomWords()
        .then(() => announce(i18n.t(key)))
        .catch(handled('calls.room')),
  })
