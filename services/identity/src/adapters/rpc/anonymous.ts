import { newId } from '@beseda/kernel'
import type { RpcContext } from '@beseda/rpc'
import type { AnonymousCaller } from '../../application/accounts/caller.js'

/** The caller of a command that nobody who is signed in gives: a person who registers, an operator, a service. */
export const anonymous = ({ signal }: RpcContext, commandId = newId()): AnonymousCaller => ({
  commandId,
  now: new Date(),
  signal,
})
