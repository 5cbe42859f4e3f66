import { type EventBody, handleCommand } from '@beseda/event-log'
import type { Caller, GroupHistory } from '@beseda/history'
import { NOTIFY_STREAM } from '@beseda/proto'
import type { Loaded } from './ports.js'

/** Decides a change of what a person has said of themselves under one subject of stream NOTIFY, and stores it. */
export const changeOwn = <State>(
  { deps }: Pick<GroupHistory, 'deps'>,
  caller: Caller,
  subject: string,
  load: () => Loaded<State>,
  decide: (state: State) => readonly EventBody[],
): Promise<unknown> =>
  handleCommand<State>(deps, {
    ...caller,
    // Forgetting a person changes several subjects by one command.
    commandId: `${caller.commandId}.${subject}`,
    actorId: caller.userId,
    key: subject,
    stream: NOTIFY_STREAM,
    subject,
    load,
    decide,
  })
