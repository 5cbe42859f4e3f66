import type { DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices'
import type { RpcContext } from './context.js'
import { methodPath, requiresUser } from './methods.js'
import { markedParameters } from './parameters.js'
import { guardHandler } from './policy-guard.js'
import type { SignedInUser } from './signed-in.js'

/** What a handler of a method looks like: the request first, then parameters decorated with `@SignedIn()` or `@Context()`. */
export type RpcHandler<M extends DescMethodUnary> = (
  request: MessageShape<M['input']>,
  ...decorated: (SignedInUser & RpcContext)[]
) => Promise<MessageInitShape<M['output']>>

/**
 * Binds a method of a Nest controller to an RPC of the contract, types checked. A second parameter without a decorator is the
 * `RpcContext`. Errors: TypeError when a parameter of the handler cannot be filled.
 */
export const Rpc =
  <M extends DescMethodUnary>(method: M) =>
  <H extends RpcHandler<M>>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<H>): void => {
    const handler = descriptor.value
    if (!handler) throw new TypeError(`${methodPath(method)}: @Rpc belongs on a method`)
    MessagePattern(methodPath(method))(target, key, descriptor)
    guardHandler(handler, method)
    Payload()(target, key, 0)
    const marked = markedParameters(target, key)
    if ([...marked.values()].includes('user') && !requiresUser(method)) {
      throw new TypeError(`${methodPath(method)}: @SignedIn() needs a method that only signed-in people may call`)
    }
    for (let index = 1; index < handler.length; index++) {
      if (marked.has(index)) continue
      if (index > 1 || marked.size > 0) {
        throw new TypeError(`${methodPath(method)}: parameter ${index} needs @SignedIn() or @Context()`)
      }
      Ctx()(target, key, index)
    }
  }
