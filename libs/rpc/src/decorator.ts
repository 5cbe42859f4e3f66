import type { DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import { MessagePattern, Payload } from '@nestjs/microservices'
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
 * Binds a method of a Nest controller to an RPC of the contract, types checked. Errors: TypeError when the class is loaded and a
 * parameter of the handler has no decorator, or the method does not promise what `@SignedIn()` gives.
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
      throw new TypeError(`${methodPath(method)}: parameter ${index} needs @SignedIn() or @Context()`)
    }
  }
