import { newId } from '@beseda/kernel'
import { connection, forgetSession, identity } from '../net/index.js'
import { useChat } from './chat.js'

/** `asked`: by the person here, who leaves nothing behind. A session that was ended elsewhere keeps what was not sent. */
export async function signOut(asked = true): Promise<void> {
  await identity.signOut({}).catch(() => undefined)
  await leave(asked)
}

/** The account and everything said with it are gone for good. */
export async function deleteAccount(password: string): Promise<void> {
  await identity.deleteAccount({ commandId: newId(), password })
  await leave(true)
}

async function leave(asked: boolean): Promise<void> {
  connection.stop()
  await useChat().forget(asked)
  forgetSession(!asked)
}
