import { newId } from '@beseda/kernel'
import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import { type RpcContext, requireUser } from './context.js'
import { markParameter } from './parameters.js'

/** The caller of a method that only signed-in people may call. */
export interface SignedInUser {
  readonly userId: string
  /** Undefined for a bot. */
  readonly deviceId: string | undefined
  readonly sessionId: string | undefined
  /** Aborts at the request's deadline. */
  readonly signal: AbortSignal
  /**
   * The `Caller` that a command takes. The command runs once per `commandId`; without one it gets an id of its own, so a repeated
   * request runs it again.
   */
  command(commandId?: string): CommandCaller
}

/** Who sends a command, when, and under which id. */
export interface CommandCaller {
  readonly commandId: string
  readonly userId: string
  readonly now: Date
  readonly traceparent: string | undefined
  readonly signal: AbortSignal
}

class User implements SignedInUser {
  readonly userId: string
  readonly #context: RpcContext

  constructor(context: RpcContext) {
    this.userId = requireUser(context)
    this.#context = context
  }

  get deviceId(): string | undefined {
    return this.#context.deviceId
  }

  get sessionId(): string | undefined {
    return this.#context.sessionId
  }

  get signal(): AbortSignal {
    return this.#context.signal
  }

  command(commandId: string = newId()): CommandCaller {
    const { traceparent, signal } = this.#context
    return { commandId, userId: this.userId, now: new Date(), traceparent, signal }
  }
}

/** The signed-in caller of a request. Errors: UNAUTHENTICATED when the request has no user. */
export const signedInUser = (context: RpcContext): SignedInUser => new User(context)

const contextOf = (execution: ExecutionContext): RpcContext => execution.switchToRpc().getContext<RpcContext>()
const userParameter = createParamDecorator((_: unknown, execution) => signedInUser(contextOf(execution)))
const contextParameter = createParamDecorator((_: unknown, execution) => contextOf(execution))

/** Parameter of an `@Rpc` handler: the signed-in caller, a `SignedInUser`. Only for methods with exposure SIGNED_IN. */
export const SignedIn = (): ParameterDecorator => (target, key, index) => {
  markParameter(target, key, index, 'user')
  userParameter()(target, key, index)
}

/** Parameter of an `@Rpc` handler: the `RpcContext` of the request. */
export const Context = (): ParameterDecorator => (target, key, index) => {
  markParameter(target, key, index, 'context')
  contextParameter()(target, key, index)
}
