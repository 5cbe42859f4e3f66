import { type CommandDeps, commandCommit } from '@beseda/event-log'
import { PEOPLE_STREAM, privacySubject } from '@beseda/proto'
import { PrivacyChangedSchema, WhoMayAdd } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import type { Caller } from '../accounts/caller.js'

/** What people let others do. Every service reads it from the stream of people; only they themselves ask for it here. */
export class Privacy {
  constructor(private readonly deps: Pick<CommandDeps, 'store'>) {}

  async whoMayAdd(userId: string): Promise<WhoMayAdd> {
    const newest = await this.deps.store.last(PEOPLE_STREAM, privacySubject(userId))
    const [body] = newest?.commit.events.map((event) => event.body) ?? []
    const chosen = body?.case === 'privacyChanged' ? body.value.whoMayAdd : WhoMayAdd.UNSPECIFIED
    return chosen || WhoMayAdd.EVERYBODY
  }

  /** Sets a state, so nothing is decided on what was before: the last of two devices counts, and a repeat sets the same again. */
  async set(whoMayAdd: WhoMayAdd, { userId, commandId, now }: Caller): Promise<void> {
    if ((await this.whoMayAdd(userId)) === whoMayAdd) return
    const value = create(PrivacyChangedSchema, { whoMayAdd })
    const commit = commandCommit({ commandId, actorId: userId, now }, [{ case: 'privacyChanged', value }])
    await this.deps.store.append({ stream: PEOPLE_STREAM, subject: privacySubject(userId), commit })
  }
}
