import { Refusal } from '@beseda/kernel'
import type * as pb from '@beseda/proto/call/v1/call_service'
import { CallService, CallState } from '@beseda/proto/call/v1/call_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Rpc, type RpcContext, requireUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { CallAccess } from './application/access.js'
import { Calls } from './application/calls.js'
import { callOf } from './application/messages.js'
import type { CallSession, Device } from './domain/call.js'
import { CallEvents } from './events.js'

const { method } = CallService

/** The contract's CallService. */
@Controller()
export class CallController {
  constructor(
    private readonly calls: Calls,
    private readonly access: CallAccess,
    private readonly events: CallEvents,
  ) {}

  @Rpc(method.startCall)
  async startCall({ callId, groupId, video }: pb.StartCallRequest, context: RpcContext) {
    const device = deviceOf(context)
    const session = await this.calls.start({ id: callId, groupId, video }, device, Date.now(), context.signal)
    this.events.moved('start', session)
    return this.#answer(session, device)
  }

  @Rpc(method.acceptCall)
  async acceptCall({ callId, groupId }: pb.AcceptCallRequest, context: RpcContext) {
    const device = deviceOf(context)
    const session = await this.calls.accept(groupId, callId, device, Date.now(), context.signal)
    this.events.moved('accept', session)
    return this.#answer(session, device)
  }

  @Rpc(method.declineCall)
  async declineCall({ callId, groupId }: pb.DeclineCallRequest, context: RpcContext) {
    const session = await this.calls.decline(groupId, callId, deviceOf(context), Date.now(), context.signal)
    this.events.moved('decline', session)
    return {}
  }

  @Rpc(method.leaveCall)
  async leaveCall({ callId, groupId }: pb.LeaveCallRequest, context: RpcContext) {
    const session = await this.calls.leave(groupId, callId, deviceOf(context), Date.now())
    this.events.moved('leave', session)
    return {}
  }

  @Rpc(method.renewCall)
  async renewCall({ callId, groupId }: pb.RenewCallRequest, context: RpcContext) {
    const device = deviceOf(context)
    const session = await this.calls.renew(groupId, callId, device, Date.now(), context.signal)
    return this.#answer(session, device)
  }

  @Rpc(method.listMyCalls)
  async listMyCalls(_request: pb.ListMyCallsRequest, context: RpcContext) {
    return { calls: (await this.calls.of(requireUser(context))).map(callOf) }
  }

  @Rpc(method.getCallKeys)
  async getCallKeys(_request: pb.GetCallKeysRequest, _context: RpcContext) {
    return { jwks: this.access.jwks }
  }

  /** Access only for who is in a call that goes on. */
  async #answer(session: CallSession, device: Device) {
    const call = callOf(session)
    if (session.state === CallState.ENDED) return { call }
    return { call, access: await this.access.issue(session, device, new Date()) }
  }
}

function deviceOf(context: RpcContext): Device {
  const userId = requireUser(context)
  if (!context.deviceId) throw new Refusal(ErrorReason.UNAUTHENTICATED)
  return { userId, deviceId: context.deviceId }
}
