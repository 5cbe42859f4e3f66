import { SecondFactorService } from '@beseda/proto/identity/v1/second_factor_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

/** Not in `net/index.ts`: it is fetched with what uses it. */
export const secondFactor = createClient(SecondFactorService, rpc)
