import type { IceServer } from '@beseda/proto/call/v1/call_service'
import { ref } from 'vue'
import { handled } from '../../../diagnostics/log.js'
import { calls } from '../../../net/index.js'
import { supportsCalls } from '../browser/web-rtc.js'
import { chosenDevices } from '../media/devices.js'
import { OwnMedia } from '../media/own-media.js'
import { serversOf, tryWay, WAYS, type Way } from './ice-check.js'

export const CHECKS = ['browser', 'camera', 'microphone', 'gateway', ...WAYS] as const
export type Check = (typeof CHECKS)[number]
export type Result =
  | { readonly state: 'running' }
  | { readonly state: 'ok'; readonly ms?: number; readonly label?: string }
  | { readonly state: 'failed' }
  /** The server offers nothing of this kind. */
  | { readonly state: 'absent' }
  /** The browser cannot try it. */
  | { readonly state: 'untested' }

const ALL_RUNNING = Object.fromEntries(CHECKS.map((check) => [check, { state: 'running' }])) as Record<Check, Result>

/** Tries everything that a call needs, independently: one failure does not affect the other checks. */
export function useSelfTest() {
  const results = ref<Record<Check, Result>>({ ...ALL_RUNNING })
  let media: OwnMedia | undefined
  /** For the preview and the meter. */
  const camera = ref<MediaStream>()
  const microphone = ref<MediaStreamTrack>()

  const say = (check: Check, result: Result) => {
    results.value = { ...results.value, [check]: result }
  }

  async function run(): Promise<void> {
    stop()
    results.value = { ...ALL_RUNNING }
    const own = new OwnMedia(chosenDevices.value)
    media = own
    say('browser', { state: supportsCalls() ? 'ok' : 'failed' })
    await Promise.all([tryMicrophone(own), tryCamera(own), tryServers()])
  }

  async function tryMicrophone(own: OwnMedia): Promise<void> {
    await own.openMicrophone().catch(handled('self-test.microphone', 'MEDIA_FAILED'))
    const track = own.track('microphone')
    microphone.value = track ?? undefined
    say('microphone', track ? { state: 'ok', label: track.label } : { state: 'failed' })
  }

  async function tryCamera(own: OwnMedia): Promise<void> {
    await own.setCamera(true).catch(handled('self-test.camera', 'MEDIA_FAILED'))
    const track = own.track('camera')
    camera.value = track ? new MediaStream([track]) : undefined
    say('camera', track ? { state: 'ok', label: track.label } : { state: 'failed' })
  }

  async function tryServers(): Promise<void> {
    const began = performance.now()
    const answer = await calls.getIceServers({}).catch(handled('self-test.servers'))
    say('gateway', answer ? { state: 'ok', ms: performance.now() - began } : { state: 'failed' })
    for (const way of WAYS) await tryOne(way, answer?.iceServers ?? [])
  }

  async function tryOne(way: Way, all: readonly IceServer[]): Promise<void> {
    const servers = serversOf(way, all)
    if (servers.length === 0) {
      say(way, { state: 'absent' })
      return
    }
    if (!supportsCalls()) {
      say(way, { state: 'untested' })
      return
    }
    const ms = await tryWay(way, servers).catch(handled('self-test.ice'))
    say(way, ms === undefined ? { state: 'failed' } : { state: 'ok', ms })
  }

  function stop(): void {
    media?.close()
    media = undefined
    camera.value = undefined
    microphone.value = undefined
  }

  return { results, camera, microphone, run, stop }
}
