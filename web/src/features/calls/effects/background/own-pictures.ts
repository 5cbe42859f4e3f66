import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import { BACKGROUNDS_DATABASE } from '../../../auth/own-backgrounds.js'

/** More are hard to choose from; each takes a tenth of a megabyte. */
export const MOST_PICTURES = 12
/** A call sends no larger pictures. */
const [WIDTH, HEIGHT] = [1_280, 720]

export interface OwnPicture {
  readonly id: string
  readonly blob: Blob
}
interface Schema extends DBSchema {
  pictures: { key: string; value: OwnPicture & { readonly addedAt: number } }
}

let opening: Promise<IDBPDatabase<Schema>> | undefined
function open(): Promise<IDBPDatabase<Schema>> {
  opening ??= openDB<Schema>(BACKGROUNDS_DATABASE, 1, {
    upgrade: (db) => void db.createObjectStore('pictures', { keyPath: 'id' }),
    // Somebody signs out in another window.
    blocking: (_, __, event) => {
      ;(event.target as IDBDatabase).close()
      opening = undefined
    },
    terminated: () => {
      opening = undefined
    },
  }).catch((error: unknown) => {
    opening = undefined
    throw error
  })
  return opening
}

/** The person's own backgrounds, which never leave this device, in the order in which they were added. Errors: storage is blocked. */
export async function ownPictures(): Promise<readonly OwnPicture[]> {
  const all = await (await open()).getAll('pictures')
  return all.sort((a, b) => a.addedAt - b.addedAt)
}

export async function ownPicture(id: string): Promise<Blob | undefined> {
  return (await (await open()).get('pictures', id))?.blob
}

/** Keeps a smaller copy, without what a camera writes into its files. Errors: the file is no picture; storage is blocked or full. */
export async function addPicture(file: Blob): Promise<OwnPicture> {
  const blob = await smaller(file)
  const picture = { id: crypto.randomUUID(), blob, addedAt: Date.now() }
  await (await open()).put('pictures', picture)
  return picture
}

export async function removePicture(id: string): Promise<void> {
  await (await open()).delete('pictures', id)
}

async function smaller(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file)
  const scale = Math.min(1, Math.max(WIDTH / picture.width, HEIGHT / picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(picture.width * scale))
  canvas.height = Math.max(1, Math.round(picture.height * scale))
  const context = canvas.getContext('2d')
  if (!context) throw new Error('this browser cannot draw')
  context.imageSmoothingQuality = 'high'
  context.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the picture cannot be written'))),
      'image/jpeg',
      0.88,
    ),
  )
}
