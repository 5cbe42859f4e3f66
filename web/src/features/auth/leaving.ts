import { newId } from '@beseda/kernel'
import { handled, log } from '../../diagnostics/log.js'
import { connection, forgetSession, identity } from '../../net/index.js'
import { useBlocks } from '../../stores/blocks.js'
import { useChat } from '../../stores/chat.js'

/** Longest delay of signing out when the server does not answer. */
const PATIENCE_MS = 3_000

/** `asked`: the person signed out here. */
type Goodbye = (asked: boolean) => unknown
const goodbyes = new Set<Goodbye>()

/** Work to start before the session is gone, whoever ended it. Nobody waits for it. Returns a function that removes it. */
export function beforeLeaving(work: Goodbye): () => void {
  goodbyes.add(work)
  return () => goodbyes.delete(work)
}

/** `asked`: the person signs out here, and all their data is deleted. A session that was ended elsewhere keeps unsent messages. */
export async function signOut(asked = true): Promise<void> {
  log.step('session', asked ? 'signed out' : 'ended elsewhere')
  sayGoodbye(asked)
  const told = identity.signOut({}).catch(handled('sign-out'))
  await Promise.race([told, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))])
  await leave(asked)
}

/** Deletes the account and everything written with it. */
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
  if (asked) useBlocks().forget()
  await useChat().forget(asked)
  forgetSession(!asked)
}
