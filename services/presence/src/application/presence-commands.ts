import { Status } from '@beseda/proto/presence/v1/presence_service'
import { choose, type DeviceReport, expire, type PresenceDocument, report } from '../domain/presence.js'
import type { PresenceDocuments, PresenceNotices } from './ports.js'

/** Changes of presence. Every change of what others see is published once, whichever replica makes it. Times in Unix ms. */
export class PresenceCommands {
  constructor(
    private readonly documents: PresenceDocuments,
    private readonly notices: PresenceNotices,
  ) {}

  /** A gateway reports devices of a person. */
  async report(userId: string, devices: readonly DeviceReport[], now: number): Promise<void> {
    await this.#change(userId, (person) => report(person, devices, now))
  }

  async setStatus(userId: string, choice: Status, now: number): Promise<void> {
    await this.#change(userId, (person) => choose(person, choice, now))
  }

  /** Removes devices that no gateway reports any longer. */
  async sweep(now: number): Promise<void> {
    const due = await this.documents.due(now)
    await Promise.all(
      due.map(async (userId) => {
        await this.#change(userId, (person) => person && expire(person, now))
        await this.documents.settle(userId)
      }),
    )
  }

  async #change(
    userId: string,
    change: (person: PresenceDocument | undefined) => PresenceDocument | undefined,
  ): Promise<void> {
    const { document, result: isNews } = await this.documents.update(userId, (before) => {
      const after = change(before)
      return { document: after, result: after !== undefined && after.shown !== (before?.shown ?? Status.OFFLINE) }
    })
    if (document && isNews) this.notices.changed(userId, document)
  }
}
