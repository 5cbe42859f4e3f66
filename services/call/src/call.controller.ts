import { Refusal } from '@beseda/kernel'
import type * as pb from '@beseda/proto/call/v1/call_service'
import { CallService, CallState } from '@beseda/proto/call/v1/call_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Rpc, type RpcContext, requireUser } from '@beseda/rpc'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Controller } from '@nestjs/common'
import { CallAccess } from './application/access.js'
import { Calls } from './application/calls.js'
import { callOf } from './application/messages.js'
import { type CallSession, type Device, participantOf } from './domain/session.js'
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
  async startCall({ callId, groupId, video, ring }: pb.StartCallRequest, context: RpcContext) {
    const device = deviceOf(context)
    const session = await this.calls.start({ id: callId, groupId, video, ring }, device, Date.now(), context.signal)
    this.events.moved('start', session)
    return this.#answer(session, device)
  }

  @Rpc(method.joinCall)
  async joinCall({ callId, groupId, move }: pb.JoinCallRequest, context: RpcContext) {
    const device = deviceOf(context)
    const session = await this.calls.join(groupId, callId, device, { move }, Date.now(), context.signal)
    this.events.moved('join', session)
    return this.#answer(session, device)
  }

  @Rpc(method.declineCall)
  async declineCall({ callId, groupId }: pb.DeclineCallRequest, context: RpcContext) {
    const session = await this.calls.decline(groupId, callId, deviceOf(context), Date.now())
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
  async renewCall({ callId, groupId, knownRevision, wantAccess }: pb.RenewCallRequest, context: RpcContext) {
    const device = deviceOf(context)
    const outcome = await this.calls.renew(groupId, callId, device, knownRevision, Date.now(), context.signal)
    const { session, before } = outcome
    const wasAway = before === undefined || participantOf(before, device.userId) === undefined
    if (wasAway) this.events.moved('return', session)
    return wasAway || wantAccess ? this.#answer(session, device) : { call: callOf(session) }
  }

  @Rpc(method.listMyCalls)
  async listMyCalls(_request: pb.ListMyCallsRequest, context: RpcContext) {
    return { calls: (await this.calls.of(requireUser(context), context.signal)).map(callOf) }
  }

  @Rpc(method.muteParticipants)
  async muteParticipants({ callId, groupId, userId }: pb.MuteParticipantsRequest, context: RpcContext) {
    await this.calls.mute(groupId, callId, requireUser(context), userId, context.signal)
    return {}
  }

  @Rpc(method.removeParticipant)
  async removeParticipant({ callId, groupId, userId }: pb.RemoveParticipantRequest, context: RpcContext) {
    await this.calls.expel(groupId, callId, requireUser(context), userId, Date.now(), context.signal)
    return {}
  }

  @Rpc(method.getIceServers)
  async getIceServers(_request: pb.GetIceServersRequest, context: RpcContext) {
    return this.access.iceServers(requireUser(context), new Date())
  }

  @Rpc(method.listCallDevices)
  async listCallDevices({ callId, groupId }: pb.ListCallDevicesRequest, _context: RpcContext) {
    const devices = await this.calls.devices(groupId, callId)
    return {
      devices: devices.map(({ userId, deviceId }) => ({ userId, deviceId, joinedAt: timestampFromMs(0) })),
    }
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
