import { newId } from '@beseda/kernel'
import { type Call, type CallAccess, type CallService, CallState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Client } from '@connectrpc/connect'
import { ref, shallowReactive, shallowRef, watch } from 'vue'
import type { ClientLog } from '../../diagnostics/client-log.js'
import type { Connection } from '../../net/connection.js'
import { errorSentence, reasonOf } from '../../net/errors.js'
import type { Clock } from '../../time/clock.js'
import type { beforeLeaving } from '../auth/leaving.js'
import type { ActiveCall, Joined } from './active-call.js'
import type { BeforeReload } from './browser/before-reload.js'
import type { Claim, holdCall } from './browser/one-window.js'
import type { WantedMedia } from './call-code.js'
import type { Device } from './engine/attendance.js'
import type { CallApi, Over } from './engine/session.js'
import type { OwnMedia } from './media/own-media.js'
import { ringingOf } from './ringing/ringing.js'
import {
  endingOf,
  farewellOf,
  type Participation,
  type Parting,
  participationOf,
  ringEnd,
  ringsFor,
} from './ringing/rings.js'

/** Larger groups do not ring: everybody there sees the banner. */
const RING_LIMIT = 25

/** Somebody is about to start the call of a group, or to join it: whichever it is when they press the button. */
export interface Lobby {
  readonly groupId: string
  readonly video: boolean
}

const wantedMedia = (camera: boolean): WantedMedia => ({ camera, microphone: true })

interface Answer {
  readonly call?: Call | undefined
  readonly access?: CallAccess | undefined
}

/** Key of a sentence, and its values. */
export interface Notice {
  readonly key: string
  readonly values: Readonly<Record<string, string>>
  /** The group of a missed call, which can be called back. */
  readonly missedIn?: string | undefined
}

export interface CallsParts {
  /** The user of this window, and the id of this browser. */
  readonly me: () => string
  readonly myDevice: () => string
  readonly api: CallApi &
    Pick<
      Client<typeof CallService>,
      'startCall' | 'listMyCalls' | 'declineCall' | 'muteParticipants' | 'removeParticipant'
    >
  readonly connection: Pick<Connection, 'on' | 'eager'>
  readonly log: Pick<ClientLog, 'step' | 'error'>
  readonly clock: Clock
  /** Whether this browser can take part in calls. */
  readonly isSupported: boolean
  /** Why this browser cannot sign, as the key of a sentence: the others answer nothing that is not signed. */
  readonly whyNotSigning: () => Promise<string | undefined>
  /** This person takes part in a call, or no longer: somebody who talks is not away from the device. */
  readonly onTalking: (talking: boolean) => void
  readonly nameOf: (userId: string) => string
  readonly isDirect: (groupId: string) => boolean
  readonly beforeLeaving: typeof beforeLeaving
  /** What an earlier page has saved about its call. */
  readonly reload: { read(callId: string): BeforeReload | undefined; forget(): void }
  readonly holdCall: typeof holdCall
  /** The person's setting: calls from this browser go through the relay only. The server decides (`CallAccess.relay_only`). */
  readonly relayOnly: () => boolean
  readonly openMedia: (wanted: WantedMedia) => Promise<OwnMedia>
  /** Fetches the code of a call. */
  readonly makeCall: () => Promise<
    (joined: Joined, me: Device, media: OwnMedia, onOver: (over: Over) => void) => ActiveCall
  >
}

/** The calls of this person's groups, the one that rings here, and the one that this device takes part in. */
export function callsOf({
  me,
  myDevice,
  api,
  connection,
  log,
  clock,
  nameOf,
  isDirect,
  beforeLeaving,
  reload,
  ...parts
}: CallsParts) {
  const failed =
    (source: string) =>
    (error: unknown): undefined =>
      void log.error(source, error, 'HANDLED_ERROR')
  /** Calls by group, as last reported. */
  const pictures = shallowReactive(new Map<string, Call>())
  const active = shallowRef<ActiveCall>()
  /** Releases the lock of this browser's call, so that another window can join. */
  let letGo: () => void = () => undefined
  const lobby = shallowRef<Lobby>()
  const opening = ref(false)
  /** Calls that have ended: a response that is older than their end does not bring them back. */
  const over = new Set<string>()
  /** The latest notice, shown as a toast. */
  const notice = shallowRef<Notice>()

  const { ringing, ringsHere, ...rings } = ringingOf({
    clock,
    me,
    pictures,
    isFree: () => active.value === undefined && !opening.value,
    onTimeOver: (call) => {
      log.step('calls', 'rang without network until the end')
      missed(call)
    },
  })
  watch(ringing, (call, before) => {
    if (call?.id !== before?.id) log.step('calls', call ? 'rings' : 'rings no longer')
  })
  watch(active, (call) => {
    connection.eager = call !== undefined
    parts.onTalking(call !== undefined)
    if (!call) letGo()
  })

  // Signing out leaves the call, and waits until the server knows.
  beforeLeaving(() => {
    lobby.value = undefined
    pictures.clear()
    return active.value ? hangUp() : undefined
  })
  connection.on('callChanged', ({ call }) => {
    if (call) changed(call)
  })
  connection.on('signal', (signal) => active.value?.receive(signal))
  connection.on('mediaKeyCommit', (commit) => active.value?.keysChanged(commit))
  connection.on('signalRefused', (refusal) => active.value?.refused(refusal))
  connection.on('live', () => void takeUp())
  connection.on('groupLeft', ({ groupId }) => {
    pictures.delete(groupId)
    if (active.value?.call.groupId === groupId) finish({ why: 'removed' })
    if (lobby.value?.groupId === groupId) {
      lobby.value = undefined
      tell('errors.NOT_A_MEMBER')
    }
  })
  connection.on('userEvent', ({ event }) => {
    if (event.case !== 'muteRequested' || event.value.callId !== active.value?.call.id) return
    active.value.setMicrophone(false)
    tell('calls.mutedBy', { name: nameOf(event.value.byUserId) })
  })

  function tell(key: string, values: Readonly<Record<string, string>> = {}, missedIn?: string): void {
    notice.value = { key, values: { limit: '', ...values }, missedIn }
  }
  const tellError = (error: unknown): void => {
    const { key, values } = errorSentence(error)
    tell(key, values)
  }
  const missed = ({ callerId, groupId }: Call): void => tell('calls.missedFrom', { name: nameOf(callerId) }, groupId)

  const isKnown = (call: Call): boolean => {
    if (over.has(call.id)) return true
    const before = pictures.get(call.groupId)
    return before?.id === call.id && before.revision > call.revision
  }

  function changed(call: Call): void {
    if (isKnown(call)) return
    const before = ringing.value
    if (call.state !== CallState.ENDED) pictures.set(call.groupId, call)
    else if (pictures.get(call.groupId)?.id === call.id) pictures.delete(call.groupId)
    if (call.state === CallState.ENDED) over.add(call.id)
    rings.hear(call)
    if (active.value?.call.id === call.id) active.value.update(call)
    else if (before?.id === call.id && !ringsFor(call, me())) {
      const sentence = ringEnd(call, me(), myDevice())
      if (sentence === 'calls.missed') missed(call)
      else if (sentence) tell(sentence)
    }
  }

  /** Number of connections that went live. */
  let connections = 0

  /** On a connection: the ongoing calls, and the call that a reload has interrupted. */
  async function takeUp(): Promise<void> {
    const turn = ++connections
    const resumed = active.value?.resume()
    const before = new Map(pictures)
    const mine = await api.listMyCalls({}).catch(failed('calls.list'))
    await resumed
    // After another cut this list may have calls that ended unseen.
    if (!mine || turn !== connections) return
    const live = new Set(mine.calls.map(({ id }) => id))
    // A call that began after the request was sent is not in the answer.
    for (const [groupId, call] of before)
      if (!live.has(call.id) && pictures.get(groupId)?.id === call.id) pictures.delete(groupId)
    for (const call of mine.calls) changed(call)
    for (const call of mine.calls) {
      const state = reload.read(call.id)
      if (!state || active.value || participationOf(call, me(), myDevice()) !== 'here') continue
      await once(() => rejoin(call, state))
    }
  }

  async function rejoin({ id: callId, groupId }: Call, { camera, microphone, deafened }: BeforeReload): Promise<void> {
    await open('soon', { camera, microphone }, () =>
      api.renewCall({ callId, groupId, wantAccess: true, relayOnly: parts.relayOnly() }),
    )
    if (deafened) active.value?.setDeafened(true)
  }

  /** `own`: media that are open already, or what to open. The request to the server runs meanwhile. */
  async function open(claim: Claim, own: OwnMedia | WantedMedia, ask: () => Promise<Answer>): Promise<void> {
    let media = 'close' in own ? own : undefined
    let taken = false
    const holding = parts.holdCall(me(), claim, () => {
      taken = true
      if (active.value) finish({ why: 'window' })
    })
    const [free, whyNot] = await Promise.all([holding, parts.whyNotSigning()])
    const giveUp = (sentence: string, values: Readonly<Record<string, string>> = {}): void => {
      media?.close()
      free?.()
      tell(sentence, values)
    }
    if (!free) return giveUp('calls.otherWindow')
    if (!parts.isSupported) return giveUp('calls.unsupported')
    if (whyNot) return giveUp(whyNot)
    try {
      media ??= await parts.openMedia(own as WantedMedia)
      const [makeCall, { call, access }] = await Promise.all([parts.makeCall(), ask()])
      if (taken) return giveUp('calls.tookOver')
      if (!call || !access || call.state === CallState.ENDED)
        return giveUp(endingOf(call?.endReason ?? CallEndReason.UNSPECIFIED))
      active.value?.close()
      letGo()
      letGo = free
      pictures.set(call.groupId, call)
      active.value = makeCall({ call, access }, { userId: me(), deviceId: myDevice() }, media, finish)
      log.step('calls', 'joined', { kind: 'CALL_JOINED' })
      lobby.value = undefined
    } catch (error) {
      log.step('calls', 'not joined', { kind: 'CALL_FAILED', reason: ErrorReason[reasonOf(error)] ?? 'UNSPECIFIED' })
      const { key, values } = errorSentence(error)
      giveUp(key, values)
    }
  }

  /** Opens one call at a time. */
  async function once(work: () => Promise<void>): Promise<void> {
    if (opening.value) return
    opening.value = true
    await work().finally(() => {
      opening.value = false
    })
  }

  function start(groupId: string, own: OwnMedia | WantedMedia, video: boolean, ring: boolean): Promise<void> {
    return once(() =>
      open('free', own, () => api.startCall({ callId: newId(), groupId, video, ring, relayOnly: parts.relayOnly() })),
    )
  }

  /** `from`: where this person takes part now. */
  function join(
    call: Pick<Call, 'id' | 'groupId'>,
    own: OwnMedia | WantedMedia,
    from: Participation = 'none',
  ): Promise<void> {
    const request = { callId: call.id, groupId: call.groupId, move: from === 'elsewhere', relayOnly: parts.relayOnly() }
    return once(() => open(from === 'here' ? 'take' : 'free', own, () => api.joinCall(request)))
  }

  /** A direct chat rings at once; a group's call opens the lobby. */
  async function begin(groupId: string, video: boolean): Promise<void> {
    if (active.value || opening.value) return
    if (!parts.isSupported) return tell('calls.unsupported')
    const present = pictures.get(groupId)
    const participation = present ? participationOf(present, me(), myDevice()) : 'none'
    if (present && (participation !== 'none' || ringsHere(present)))
      return join(present, wantedMedia(video), participation)
    if (isDirect(groupId)) return start(groupId, wantedMedia(video), video, true)
    preview(groupId, video)
  }

  /** Opens the lobby, in a direct chat, too: where a link leads, which anybody can make. Nobody is rung or heard by it. */
  function preview(groupId: string, video: boolean): void {
    if (active.value || opening.value) return
    if (!parts.isSupported) {
      tell('calls.unsupported')
      return
    }
    log.step('calls', 'lobby')
    lobby.value = { groupId, video }
  }

  /** Joins from the lobby, with the media previewed there. */
  function enter(ring: boolean, media: OwnMedia): Promise<void> {
    const { groupId, video = false } = lobby.value ?? {}
    if (!groupId) {
      media.close()
      return Promise.resolve()
    }
    const present = pictures.get(groupId)
    return present
      ? join(present, media, participationOf(present, me(), myDevice()))
      : start(groupId, media, video, ring)
  }

  async function decline(): Promise<void> {
    const call = ringing.value
    if (!call) return
    rings.silence(call.id)
    log.step('calls', 'declined')
    await api.declineCall({ callId: call.id, groupId: call.groupId }).catch(failed('calls.decline'))
  }

  async function hangUp(): Promise<void> {
    const call = active.value
    active.value = undefined
    reload.forget()
    log.step('calls', 'left', { kind: 'CALL_LEFT' })
    // Whoever leaves a voice room ends nothing.
    if (!call?.call.room) tell('calls.endedHangUp')
    await call?.leave()
  }

  function finish(parting: Parting): void {
    active.value?.close()
    active.value = undefined
    reload.forget()
    log.step('calls', 'over', { kind: 'CALL_LEFT', reason: parting.why })
    tell(farewellOf(parting))
  }

  /** For admins; without a person: everybody else. */
  const mute = (userId = ''): Promise<void> => manage(() => api.muteParticipants({ ...ids(), userId }))
  const remove = (userId: string): Promise<void> => manage(() => api.removeParticipant({ ...ids(), userId }))

  async function manage(work: () => Promise<unknown>): Promise<void> {
    await work().catch(tellError)
  }

  const ids = () => ({ callId: active.value?.call.id ?? '', groupId: active.value?.call.groupId ?? '' })

  return {
    pictures,
    ringing,
    active,
    lobby,
    notice,
    opening,
    ringLimit: RING_LIMIT,
    begin,
    preview,
    enter,
    start,
    join,
    accept: (video: boolean) => (ringing.value ? join(ringing.value, wantedMedia(video)) : Promise.resolve()),
    decline,
    hangUp,
    mute,
    remove,
    tell,
  }
}
