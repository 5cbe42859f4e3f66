import type { SqliteView } from '@beseda/event-log'
import type { PinChanged, ReactionChanged } from '@beseda/proto/group/v1/events'
import { sameEmoji } from '@beseda/rules'
import type { Placed } from '../../../view/placed.js'

/**
 * Of two changes of one reaction the one with the newer place counts, in whatever order they come. Earlier releases stored an emoji
 * in the form in which it came.
 */
export function applyReaction(view: SqliteView, placed: Placed, { messageId, emoji, present }: ReactionChanged): void {
  const { groupId, seq, index, event } = placed
  view.run(
    `INSERT INTO reaction VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET seq = excluded.seq, idx = excluded.idx, present = excluded.present WHERE (excluded.seq, excluded.idx) > (reaction.seq, reaction.idx)`,
    ...[groupId, messageId, sameEmoji(emoji), event.actorId, seq, index, Number(present)],
  )
}

/** The same for pins. */
export function applyPin(view: SqliteView, { groupId, seq, index }: Placed, { messageId, pinned }: PinChanged): void {
  view.run(
    `INSERT INTO pin VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET seq = excluded.seq, idx = excluded.idx, pinned = excluded.pinned WHERE (excluded.seq, excluded.idx) > (pin.seq, pin.idx)`,
    ...[groupId, messageId, seq, index, Number(pinned)],
  )
}

/** That the pins of the group have changed here, also if the message was deleted in between: what was decided on before is decided again. */
export function notePin(view: SqliteView, { groupId, seq }: Placed): void {
  view.run('UPDATE grp SET pins_seq = MAX(pins_seq, ?) WHERE id = ?', seq, groupId)
}
