import { deviceId, identity } from '../net/index.js'
import { systemClock } from '../time/clock.js'
import { endedSessions } from './forget-keys.js'
import { KeyBook } from './key-book.js'
import { keyStorage } from './key-storage.js'
import { type OwnKey, ownKeyOf, publicationOf } from './own-key.js'

/** The keys of a signed-in person in this browser. */
export interface Keys {
  readonly own: OwnKey
  readonly book: KeyBook
  /** Once the server lists the key of this device. */
  readonly published: Promise<unknown>
}

let opened: { readonly userId: string; readonly session: number; readonly keys: Promise<Keys> } | undefined

async function openKeys(userId: string): Promise<Keys> {
  const storage = keyStorage(userId)
  const own = await ownKeyOf(storage, { userId, deviceId: deviceId() })
  const list = async (userIds: readonly string[]) => (await identity.listDeviceKeys({ userIds: [...userIds] })).keys
  const book = new KeyBook({ clock: systemClock, people: storage, list })
  return { own, book, published: publicationOf(own).then((key) => identity.setDeviceKey(key)) }
}

/** Opened, and the own key published, at the first use in this page. Errors: NotSupportedError in a browser that cannot sign. */
export function keysOf(userId: string): Promise<Keys> {
  const session = endedSessions()
  if (opened?.userId !== userId || opened.session !== session) {
    const keys = openKeys(userId)
    const mine = { userId, session, keys }
    opened = mine
    const again = () => {
      if (opened === mine) opened = undefined
    }
    keys.then(({ published }) => published.catch(again), again)
  }
  return opened.keys
}
