import type { Caller, GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { notifyListSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import {
  type Arrangement,
  arrange,
  NOT_ARRANGED,
  onlyListed,
  type Place,
  placed,
  withSections,
} from '../domain/list/arrangement.js'
import { changeOwn } from './own-subject.js'
import type { ArrangementNotices, ArrangementStore, Audience } from './ports.js'

/** How people have arranged their conversations. */
export class ListArrangements {
  constructor(
    private readonly history: GroupHistory,
    private readonly store: ArrangementStore,
    private readonly audience: Pick<Audience, 'member'>,
    private readonly notices: ArrangementNotices,
  ) {}

  /** Without groups that the person is not a member of. */
  of(userId: string): Arrangement {
    return this.#listed(userId, this.store.load(userId).state)
  }

  /** Errors: NOT_A_MEMBER, SECTION_NOT_FOUND. */
  async place(groupId: string, place: Place, caller: Caller): Promise<Arrangement> {
    const { userId, signal } = caller
    await this.history.confirmRefusals(groupId, signal, () => {
      if (!this.audience.member(groupId, userId)) throw new Refusal(ErrorReason.NOT_A_MEMBER)
    })
    return this.#change(caller, (present) => placed(present, groupId, place))
  }

  /** Errors: BAD_TEXT, INVALID_REQUEST. */
  setSections(sections: readonly { readonly id: string; readonly name: string }[], caller: Caller) {
    return this.#change(caller, (present) => withSections(present, sections))
  }

  /** Nothing is kept of a person whose account was deleted. */
  async forget(caller: Caller): Promise<void> {
    await this.#run(caller, (present) => arrange(NOT_ARRANGED, present))
  }

  async #change(caller: Caller, wanted: (present: Arrangement) => Arrangement): Promise<Arrangement> {
    const { userId } = caller
    await this.#run(caller, (present) => arrange(wanted(this.#listed(userId, present)), present))
    const arrangement = this.of(userId)
    this.notices.changed(userId, arrangement)
    return arrangement
  }

  #run(caller: Caller, decide: (present: Arrangement) => ReturnType<typeof arrange>): Promise<unknown> {
    const { userId } = caller
    return changeOwn(this.history, caller, notifyListSubject(userId), () => this.store.load(userId), decide)
  }

  #listed(userId: string, arrangement: Arrangement): Arrangement {
    return onlyListed(arrangement, (groupId) => this.audience.member(groupId, userId) !== undefined)
  }
}
