import {
  outletOf,
  type Picture,
  type PictureOutlet,
  type PictureSource,
  picturesOf,
} from '../effects/background/frames.js'
import { gridOf } from '../view/grid.js'
import type { RecordedPerson } from './recorded-person.js'

const [WIDTH, HEIGHT] = [1_280, 720]
const GAP = 8
/** Pictures a second: people and slides need no more, and each costs the device that records. */
const FPS = 15
const [WALL, TILE, INK] = ['#15181d', '#262b33', '#e8ebef']

interface Tile {
  readonly name: string
  /** Of this mix alone; undefined: the person shows none. */
  readonly track: MediaStreamTrack | undefined
  newest: Picture | undefined
}

/** One picture of everybody: a tile for each, with their camera, their screen or their name. */
export class PictureMix {
  readonly #canvas = document.createElement('canvas')
  readonly #context: CanvasRenderingContext2D
  readonly #outlet: PictureOutlet
  /** By the id of the track, or of the person who shows none. */
  #tiles = new Map<string, Tile>()
  readonly #clock = new Worker(new URL('../effects/background/ticks.worker.ts', import.meta.url), { type: 'module' })

  constructor(private readonly nameOf: (userId: string) => string) {
    this.#canvas.width = WIDTH
    this.#canvas.height = HEIGHT
    const context = this.#canvas.getContext('2d', { alpha: false })
    if (!context) throw new Error('this browser cannot draw')
    this.#context = context
    this.#draw()
    this.#outlet = outletOf(this.#canvas)
    // A worker's clock: timers of a hidden page stop nearly.
    this.#clock.onmessage = () => this.#tick()
    this.#clock.postMessage(1_000 / FPS)
  }

  get track(): MediaStreamTrack {
    return this.#outlet.track
  }

  /** Draws exactly these people. */
  see(people: readonly RecordedPerson[]): void {
    const before = this.#tiles
    const tiles = new Map<string, Tile>()
    for (const { userId, camera, screen } of people) {
      const shown = [screen, camera].flatMap((track) => track ?? [])
      for (const track of shown) {
        tiles.set(track.id, before.get(track.id) ?? this.#tile(this.nameOf(userId), track))
      }
      if (shown.length === 0) tiles.set(userId, { name: this.nameOf(userId), track: undefined, newest: undefined })
    }
    this.#tiles = tiles
    for (const [id, tile] of before) if (tiles.get(id) !== tile) dropped(tile)
  }

  close(): void {
    this.#clock.terminate()
    this.see([])
    this.#outlet.close()
  }

  #tile(name: string, track: MediaStreamTrack): Tile {
    const own = track.clone()
    const tile: Tile = { name, track: own, newest: undefined }
    void follow(tile, picturesOf(own))
    return tile
  }

  #tick(): void {
    this.#draw()
    this.#outlet.show(performance.now() * 1_000)
  }

  #draw(): void {
    const { columns, width, height } = gridOf(this.#tiles.size, WIDTH, HEIGHT, GAP)
    const context = this.#context
    context.fillStyle = WALL
    context.fillRect(0, 0, WIDTH, HEIGHT)
    const rows = Math.ceil(this.#tiles.size / Math.max(1, columns))
    const top = (HEIGHT - rows * (height + GAP) + GAP) / 2
    for (const [i, tile] of [...this.#tiles.values()].entries()) {
      const row = Math.floor(i / columns)
      const inRow = Math.min(columns, this.#tiles.size - row * columns)
      const left = (WIDTH - inRow * (width + GAP) + GAP) / 2 + (i % columns) * (width + GAP)
      this.#drawTile(tile, left, top + row * (height + GAP), width, height)
    }
  }

  /** The picture as a whole, as large as it fits. */
  #drawTile({ name, newest }: Tile, left: number, top: number, width: number, height: number): void {
    const context = this.#context
    context.fillStyle = TILE
    context.fillRect(left, top, width, height)
    if (newest) {
      const scale = Math.min(width / newest.width, height / newest.height)
      const [w, h] = [newest.width * scale, newest.height * scale]
      context.drawImage(newest.image, left + (width - w) / 2, top + (height - h) / 2, w, h)
    }
    context.font = `${newest ? 20 : 36}px system-ui, sans-serif`
    context.textAlign = newest ? 'left' : 'center'
    context.textBaseline = newest ? 'bottom' : 'middle'
    context.fillStyle = INK
    context.shadowColor = '#000'
    context.shadowBlur = newest ? 6 : 0
    if (newest) context.fillText(name, left + 12, top + height - 10, width - 24)
    else context.fillText(name, left + width / 2, top + height / 2, width - 24)
    context.shadowBlur = 0
  }
}

/** Keeps the newest picture of a track, until it ends. All that it has shown by then are read: a picture that nobody closes holds memory. */
async function follow(tile: Tile, source: PictureSource): Promise<void> {
  for (;;) {
    const picture = await source.next()
    tile.newest?.close()
    tile.newest = picture
    if (picture) continue
    source.close()
    return
  }
}

const dropped = ({ track }: Tile): void => track?.stop()
