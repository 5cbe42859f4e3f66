import type { AccountRecord } from '../accounts/ports.js'
import type { Sessions } from '../sessions/sessions.js'
import type { Letters } from './letters.js'
import type { KnownDevices } from './ports.js'

/** Writes to people when somebody has signed in as them on a device on which they had not. */
export class NewDevices {
  constructor(
    private readonly known: KnownDevices,
    private readonly sessions: Pick<Sessions, 'list'>,
    private readonly letters: Pick<Letters, 'available' | 'announce'>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /**
   * A session was opened. Never fails: nobody is kept from signing in by a letter. A device without an id of its own, such as a program that
   * makes up another one each time, is no device that could be known.
   */
  async signedIn(
    account: AccountRecord,
    device: { readonly id: string; readonly name: string } | undefined,
    sessionId: string,
    now: Date,
  ): Promise<void> {
    if (!device || !this.letters.available) return
    try {
      const isNew = await this.known.add(account.userId, device.id)
      if (!isNew || account.email === '' || (await this.#hasOther(account.userId, device.id, sessionId))) return
      await this.letters.announce(account.userId, device.name, sessionId, now)
    } catch (error) {
      this.onFailure(error)
    }
  }

  /** Devices that signed in before the installation sent mail. */
  async #hasOther(userId: string, deviceId: string, sessionId: string): Promise<boolean> {
    const sessions = await this.sessions.list(userId)
    return [...sessions].some(([id, session]) => id !== sessionId && session.deviceId === deviceId)
  }
}
