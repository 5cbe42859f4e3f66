import { newId } from '@beseda/kernel'
import { networkOf } from '@beseda/platform'
import type { RpcContext } from '@beseda/rpc'
import type { AnonymousCaller } from '../../application/accounts/caller.js'

/** The caller of a command without a signed-in person: somebody who registers, an operator, another service. */
export const anonymous = ({ signal, address }: RpcContext, commandId = newId()): AnonymousCaller => ({
  commandId,
  now: new Date(),
  signal,
  network: networkOf(address ?? ''),
})
