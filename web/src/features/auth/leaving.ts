import { newId } from '@beseda/kernel'
import { handled, log } from '../../diagnostics/log.js'
import { leaveKeys } from '../../keys/forget-keys.js'
import { connection, forgetSession, identity, session } from '../../net/index.js'
import { leavingHere } from '../../net/stored-session.js'
import { useArrangement } from '../../stores/arrangement.js'
import { useBlocks } from '../../stores/blocks.js'
import { useChat } from '../../stores/chat.js'
import { rememberPlace } from './next-place.js'
import { forgetBackgrounds } from './own-backgrounds.js'

/** Longest delay of signing out when the server does not answer. */
const PATIENCE_MS = 3_000
/** Longest wait for what must reach the server while the session still works. */
const GOODBYE_MS = 1_500

/** `asked`: the person signed out here. */
type Goodbye = (asked: boolean) => unknown
const goodbyes = new Set<Goodbye>()

/**
 * Work to do before the session is gone, whoever ended it: what it sends needs the session, so signing out waits a moment for it. Returns
 * a function that removes it.
 */
export function beforeLeaving(work: Goodbye): () => void {
  goodbyes.add(work)
  return () => goodbyes.delete(work)
}

/** The person is leaving: the server then ends the session, and says so to this window as to every other. */
let going: Promise<void> | undefined

const goOnce = (leaving: () => Promise<void>): Promise<void> => {
  leavingHere(true)
  going ??= leaving().finally(() => {
    going = undefined
    leavingHere(false)
  })
  return going
}

/** `asked`: all data of the person is deleted here; else they come back, and unsent messages are kept. */
export const signOut = (asked = true): Promise<void> =>
  goOnce(async () => {
    log.step('session', 'signed out')
    if (asked) rememberPlace(session.value?.userId ?? '', location.pathname + location.search)
    await within(GOODBYE_MS, sayGoodbye(asked))
    await within(PATIENCE_MS, identity.signOut({}).catch(handled('sign-out')))
    await leave(asked)
  })

/** Deletes the account and everything written with it. */
export const deleteAccount = (password: string, code: string): Promise<void> =>
  goOnce(async () => {
    await identity.deleteAccount({ commandId: newId(), password, code })
    void sayGoodbye(true)
    await leave(true)
  })

/**
 * The server says that the session has ended. There is nothing to sign out, and nothing more can be sent; unsent messages are kept. False:
 * the person is leaving here, which ended it.
 */
export async function sessionEnded(): Promise<boolean> {
  if (going !== undefined) return false
  log.step('session', 'ended elsewhere')
  void sayGoodbye(false)
  await leave(false)
  return true
}

const sayGoodbye = (asked: boolean): Promise<unknown> => Promise.allSettled([...goodbyes].map((work) => work(asked)))

const within = (ms: number, work: Promise<unknown>): Promise<unknown> =>
  Promise.race([work, new Promise((resolve) => setTimeout(resolve, ms))])

async function leave(asked: boolean): Promise<void> {
  connection.stop()
  if (asked) useBlocks().forget()
  if (asked) useArrangement().forget()
  await useChat().forget(asked)
  leaveKeys(asked)
  if (asked) forgetBackgrounds()
  forgetSession(!asked)
}
