import type { DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices'
import type { RpcContext } from './context.js'
import { methodPath } from './methods.js'

/** What a handler of a method looks like. */
export type RpcHandler<M extends DescMethodUnary> = (
  request: MessageShape<M['input']>,
  context: RpcContext,
) => Promise<MessageInitShape<M['output']>>

/** Binds a method of a Nest controller to an RPC of the contract, types checked. */
export const Rpc =
  <M extends DescMethodUnary>(method: M) =>
  <H extends RpcHandler<M>>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<H>): void => {
    MessagePattern(methodPath(method))(target, key, descriptor)
    Payload()(target, key, 0)
    Ctx()(target, key, 1)
  }
