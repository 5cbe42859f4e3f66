import type { StoredCommit } from '@beseda/event-log'
import type { Call } from '@beseda/proto/call/v1/call_service'
import type { UserEvent } from '@beseda/proto/gateway/v1/frames'
import type { CallNotifications } from '../../application/call-notifications.js'
import type { MessageCorrections } from '../../application/message-corrections.js'
import type { MessageNotifications } from '../../application/message-notifications.js'
import type { MissedMail } from '../../application/missed-mail.js'
import type { NotifyObserver } from '../../application/ports.js'
import type { PushSubscriptions } from '../../application/push-subscriptions.js'
import type { BusHandlers } from './bus-listener.js'

/** Passes what the bus brings on to the parts of the application that it concerns. */
export class NotifyHandlers implements BusHandlers {
  constructor(
    private readonly messages: MessageNotifications,
    private readonly corrections: MessageCorrections,
    private readonly calls: CallNotifications,
    private readonly subscriptions: PushSubscriptions,
    private readonly missed: MissedMail,
    private readonly observer: NotifyObserver,
  ) {}

  /** Corrections first: a message that is deleted in its own commit notifies nobody. */
  async posted(groupId: string, stored: StoredCommit): Promise<void> {
    await this.corrections.committed(groupId, stored.commit, Date.now())
    // Neither of the two keeps the other from telling people.
    await Promise.all([
      this.messages.posted(groupId, stored, Date.now()),
      this.missed.posted(groupId, stored, Date.now()),
    ])
  }

  callChanged(call: Call): Promise<void> {
    return this.calls.changed(call, Date.now())
  }

  async userEvent(userId: string, event: UserEvent['event']): Promise<void> {
    if (event.case === 'readState') {
      await this.messages.read(userId, event.value.groupId, Number(event.value.readSeq), Date.now())
      await this.missed.seen(userId)
    }
    if (event.case === 'messageHidden') {
      await this.corrections.remove([userId], event.value.groupId, event.value.messageId, Date.now())
    }
  }

  sessionsEnded(userId: string, sessionIds: readonly string[]): Promise<void> {
    return this.subscriptions.end(sessionIds.map((sessionId) => ({ userId, sessionId })))
  }

  failed(error: unknown): void {
    this.observer.failed(error)
  }
}
