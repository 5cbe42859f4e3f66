import { newId } from '@beseda/kernel'
import { Exposure, policy } from '@beseda/proto/common/v1/policy'
import {
  clone,
  create,
  type DescMessage,
  type DescMethodUnary,
  type DescService,
  getOption,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf'
import { type INTERNAL, SERVICES } from './services.js'

export interface CallOptions {
  /** Ends the call, and all its repetitions. */
  readonly signal?: AbortSignal
}

/** One function for each method of a service that people or bots may call. */
export type ServiceClient<S extends DescService, Internal = never> = {
  readonly [M in keyof S['method'] as Exclude<M, Internal>]: S['method'][M] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>
    : never
}

type InternalOf<Name> = Name extends keyof typeof INTERNAL ? (typeof INTERNAL)[Name][number] : never

/** Every method of the contract that people or bots may call, as in `api.group.postMessage({…})`. */
export type Api = {
  readonly [Name in keyof typeof SERVICES]: ServiceClient<(typeof SERVICES)[Name], InternalOf<Name>>
}

export type Call = <I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageShape<I>,
  options: CallOptions,
) => Promise<MessageShape<O>>

/** Requests whose command id has a name of its own. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  'beseda.call.v1.StartCallRequest': 'call_id',
  'beseda.group.v1.PostMessageRequest': 'message_id',
}

/** The request; one that carries a command id and was given none gets a new one, so that it can be repeated. */
export function requestOf<I extends DescMessage>(method: DescMethodUnary<I>, input: MessageInitShape<I>) {
  // `create` gives back a message as it is: the id is for this call, not for the next one with the caller's message.
  const request = clone(method.input, create(method.input, input))
  const name = OWN_NAMES[method.input.typeName] ?? 'command_id'
  const field = method.input.fields.find((one) => one.name === name)
  const values = request as Record<string, unknown>
  if (field && values[field.localName] === '') values[field.localName] = newId()
  return request
}

/** Whether people or bots may call a method at all; services call the others among themselves. */
export const isOpen = (method: DescService['methods'][number]): boolean =>
  getOption(method, policy).exposure >= Exposure.ANYBODY

function serviceClient(service: DescService, call: Call) {
  const open = service.methods.filter(
    (method): method is DescMethodUnary => method.methodKind === 'unary' && isOpen(method),
  )
  return Object.fromEntries(
    open.map((method) => [
      method.localName,
      (input: MessageInitShape<DescMessage>, options: CallOptions = {}) =>
        call(method, requestOf(method, input), options),
    ]),
  )
}

export const apiOf = (call: Call): Api =>
  Object.fromEntries(Object.entries(SERVICES).map(([name, service]) => [name, serviceClient(service, call)])) as Api
