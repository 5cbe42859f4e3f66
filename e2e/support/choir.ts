import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { Installation } from '@beseda/testkit'
import { expect } from 'vitest'
import { Caller, type CallerOptions } from './caller.js'

/**
 * People in calls without browsers: the web client's engine on real WebRTC peers in this process, through the real gateways of one
 * installation. Everybody sends their own tone, so that a test can tell who is heard.
 */
export class Choir {
  #callers: Caller[] = []

  private constructor(readonly beseda: Installation) {}

  static start = async (env: Record<string, string> = {}): Promise<Choir> => new Choir(await Installation.start(env))

  /** Every second one at the second gateway; all can switch to the other. */
  async people(count: number, options: Partial<CallerOptions> = {}): Promise<Caller[]> {
    const { url, url2 } = this.beseda
    const made: Caller[] = []
    for (let i = 0; i < count; i++) {
      const urls = i % 2 === 0 ? [url, url2] : [url2, url]
      made.push(await Caller.register({ urls, tone: 400 + 100 * i, ...options }))
    }
    this.#callers.push(...made)
    return made
  }

  /** Everybody hangs up. */
  disperse(): void {
    for (const caller of this.#callers) caller.stop()
    this.#callers = []
  }

  async stop(): Promise<void> {
    this.disperse()
    await this.beseda.stop()
  }
}

export async function groupOf([owner, ...others]: readonly Caller[]): Promise<string> {
  if (!owner) throw new Error('a group needs at least one person')
  const memberIds = others.map(({ userId }) => userId)
  const kind = others.length === 1 ? GroupKind.DIRECT : GroupKind.GROUP
  const name = kind === GroupKind.DIRECT ? '' : 'Choir'
  const { group } = await owner.person.groups.createGroup({ commandId: newId(), kind, name, memberIds })
  return group?.id ?? ''
}

/** Each person in turn sends their tone, and everybody else must hear exactly that. Returns the number of links on which it arrives. */
export async function linksThatCarrySound(present: readonly Caller[]): Promise<number> {
  let links = 0
  for (const speaker of present) {
    speaker.voice.speak()
    const others = present.filter((other) => other !== speaker)
    const hear = () => others.filter((other) => other.hears(speaker)).length
    await expect.poll(hear, { interval: 100 }).toBe(others.length)
    links += hear()
    speaker.voice.pause()
    for (const other of others) other.listenToNobody()
  }
  return links
}

/** Links that are connected now, counted at both ends. */
export const connected = (present: readonly Caller[]): number =>
  present.reduce((sum, { peers }) => sum + peers.filter(({ link }) => link.state === 'connected').length, 0)
