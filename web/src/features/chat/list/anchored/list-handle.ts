import type { ListHandle, Where } from './anchor.js'
import { type Hold, NEAR_END } from './hold.js'
import type { ListElements } from './list-elements.js'
import type { RowOffsets } from './offsets.js'
import type { ScrollPosition } from './scroll-position.js'

interface ListParts {
  readonly elements: ListElements
  readonly rows: RowOffsets
  readonly position: ScrollPosition
  readonly hold: Hold
  /** Renders the rows around the place that is held, for a view of this height. */
  renderHeld(height: number): void
  /** Waits until the wanted rows are rendered and in place. */
  settled(): Promise<void>
  moved(): void
}

/** What the owner of a list does with it. */
export function listHandle({ elements, rows, position, hold, renderHeld, settled, moved }: ListParts): ListHandle {
  async function scrollTo(key: string, top: number | 'middle'): Promise<boolean> {
    const index = rows.indexOf(key)
    if (index < 0) return false
    const place = () => (top === 'middle' ? Math.max(0, (elements.height - rows.heightOf(index)) / 2) : top)
    // The second time, the rows around it have been measured.
    for (const _ of [1, 2]) {
      hold.takeRow({ key, top: place() })
      renderHeld(0)
      await settled()
    }
    hold.take()
    moved()
    return true
  }

  async function scrollToEnd(): Promise<void> {
    hold.takeEnd()
    renderHeld(elements.height)
    await settled()
    hold.take()
    moved()
  }

  function where(): Where {
    const { offset, height } = position.view
    const [first, last] = [rows.indexAt(offset), rows.indexAt(offset + height - 1)]
    const below = elements.leftToEnd
    return { first, last, above: offset + elements.origin, below, atEnd: below < NEAR_END }
  }

  return { scrollTo, scrollToEnd, place: () => hold.anchor, where }
}
