import type { DescMethodUnary } from '@bufbuild/protobuf'
import type { CanActivate, ExecutionContext } from '@nestjs/common'
import { type RpcContext, requireUser } from './context.js'
import { requiresUser } from './methods.js'

/** Whether a handler may only run for a user; decided once, when the handler is declared. */
const handlers = new WeakMap<object, boolean>()

/** Tells the guard which method a handler serves. */
export const guardHandler = (handler: object, method: DescMethodUnary): void => {
  handlers.set(handler, requiresUser(method))
}

/**
 * The global guard of every service: a request without a user never reaches the handler of a SIGNED_IN method, whatever the handler
 * does. Who may call INTERNAL methods is decided by the permissions of the bus (`deploy/nats`). Errors: UNAUTHENTICATED.
 */
export class PolicyGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const needsUser = handlers.get(execution.getHandler())
    if (needsUser === undefined) throw new Error(`${execution.getHandler().name} is served without @Rpc`)
    if (needsUser) requireUser(execution.switchToRpc().getContext<RpcContext>())
    return true
  }
}
