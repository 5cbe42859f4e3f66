import { newId } from '@beseda/kernel'
import { handled, log } from '../../diagnostics/log.js'
import { connection, forgetSession, identity } from '../../net/index.js'
import { useChat } from '../../stores/chat.js'

/** A server that does not answer keeps nobody from leaving. */
const PATIENCE_MS = 3_000

/** `asked`: by the person here. */
type Goodbye = (asked: boolean) => unknown
const goodbyes = new Set<Goodbye>()

/** Begun before the session is gone, whoever has ended it; it is not waited for. Returns how to call it off. */
export function beforeLeaving(work: Goodbye): () => void {
  goodbyes.add(work)
  return () => goodbyes.delete(work)
}

/** `asked`: by the person here, who leaves nothing behind. A session that was ended elsewhere keeps what was not sent. */
export async function signOut(asked = true): Promise<void> {
  log.step('session', asked ? 'signed out' : 'ended elsewhere')
  sayGoodbye(asked)
  const told = identity.signOut({}).catch(handled('sign-out'))
  await Promise.race([told, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))])
  await leave(asked)
}

/** The account and everything said with it are gone for good. */
export async function deleteAccount(password: string): Promise<void> {
  await identity.deleteAccount({ commandId: newId(), password })
  sayGoodbye(true)
  await leave(true)
}

const sayGoodbye = (asked: boolean): void => {
  for (const work of goodbyes) work(asked)
}

async function leave(asked: boolean): Promise<void> {
  connection.stop()
  await useChat().forget(asked)
  forgetSession(!asked)
}
