import { newId } from '@beseda/kernel'
import type { RpcContext } from '@beseda/rpc'
import type { AnonymousCaller } from '../../application/accounts/caller.js'

/** The caller of a command without a signed-in person: somebody who registers, an operator, another service. */
export const anonymous = ({ signal }: RpcContext, commandId = newId()): AnonymousCaller => ({
  commandId,
  now: new Date(),
  signal,
})
