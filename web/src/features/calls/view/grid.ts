/** Lays out tiles of one size to fill a space as well as possible. Pixels. */
export interface Grid {
  readonly columns: number
  readonly rows: number
  readonly width: number
  readonly height: number
}

/** Aspect ratios of a tile: cameras give 16:9, and little is lost at 4:3. */
const WIDEST = 16 / 9
const TALLEST = 4 / 3

/** The number of columns that makes `count` tiles largest in a space of this size. */
export function gridOf(count: number, width: number, height: number, gap: number): Grid {
  let best: Grid = { columns: 1, rows: Math.max(1, count), width: 0, height: 0 }
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns)
    const tile = tileIn((width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / rows)
    if (tile.width * tile.height > best.width * best.height) best = { columns, rows, ...tile }
  }
  return best
}

function tileIn(width: number, height: number): { width: number; height: number } {
  if (width <= 0 || height <= 0) return { width: 0, height: 0 }
  const ratio = Math.min(WIDEST, Math.max(TALLEST, width / height))
  const fitting = Math.min(width, height * ratio)
  return { width: Math.floor(fitting), height: Math.floor(fitting / ratio) }
}
