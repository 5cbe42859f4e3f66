import { handleCommand } from '@beseda/event-log'
import { type Caller, type GroupHistory } from '@beseda/history'
import { hiddenSubject, personalStream } from '@beseda/proto'
import { MessageHiddenNoticeSchema } from '@beseda/proto/gateway/v1/frames'
import { MessageHiddenSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import type { Access } from '../../groups/application/access.js'
import type { MessageStore, Publisher, ReadMarkerStore } from './ports.js'
import { tellPerson } from './tell-person.js'

/** Messages that a member has deleted for themselves only. */
export class HiddenMessages {
  constructor(
    private readonly history: GroupHistory,
    private readonly access: Access,
    private readonly messages: Pick<MessageStore, 'visible'>,
    private readonly marks: Pick<ReadMarkerStore, 'state'>,
    private readonly publisher: Publisher,
  ) {}

  /** The message is gone for this person on all their devices. One that is gone already stays so. Errors: NOT_A_MEMBER. */
  async hide(groupId: string, messageId: string, caller: Caller): Promise<void> {
    const { userId, signal } = caller
    const isThere = () => {
      const { reader } = this.access.visit(groupId, userId)
      return this.messages.visible(groupId, messageId, reader) !== undefined
    }
    if (!(await this.access.asMember(groupId, userId, 0, signal, isThere))) return
    const partition = this.history.partition(groupId)
    await handleCommand<undefined>(this.history.deps, {
      ...caller,
      actorId: userId,
      key: `hide ${messageId} ${userId}`,
      stream: personalStream(partition),
      subject: hiddenSubject(partition, groupId, userId, messageId),
      load: () => ({ state: undefined, lastSeq: 0 }),
      decide: () => (isThere() ? [{ case: 'messageHidden', value: create(MessageHiddenSchema, { messageId }) }] : []),
    })
    const { group, member, reader } = this.access.visit(groupId, userId)
    const state = { ...this.marks.state(group, member, reader.now), asOfSeq: BigInt(this.history.asOf(groupId)) }
    const notice = create(MessageHiddenNoticeSchema, { groupId, messageId, state })
    tellPerson(this.publisher, userId, { case: 'messageHidden', value: notice })
  }
}
