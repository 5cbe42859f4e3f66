/**
 * The three parts of an event-sourced aggregate (Chassaing's decider). All are pure: time and new ids come with the
 * command, never from a clock or a generator inside. `Decided` is what a decision yields, `Event` the same once it is in the log, with
 * its position and time where the state needs them.
 *
 * `decide` throws a {@link Refusal} when the command is not allowed in this state, and returns no events when the state
 * already is what the command asks for.
 */
export interface Decider<State, Command, Event, Decided = Event> {
  readonly initialState: State
  decide(command: Command, state: State): readonly Decided[]
  evolve(state: State, event: Event): State
}

/** The state after all events, from the beginning or from a given state. */
export function fold<State, Event>(
  decider: Pick<Decider<State, never, Event>, 'initialState' | 'evolve'>,
  events: Iterable<Event>,
  from: State = decider.initialState,
): State {
  let state = from
  for (const event of events) state = decider.evolve(state, event)
  return state
}
