import type * as pb from '@beseda/proto/call/v1/call_service'
import { CallService, CallState } from '@beseda/proto/call/v1/call_service'
import { Rpc, SignedIn, type SignedInUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { CallAccess } from '../../application/call-access.js'
import { CallCommands } from '../../application/call-commands.js'
import { CallModeration } from '../../application/call-moderation.js'
import { CallQueries } from '../../application/call-queries.js'
import { Clock } from '../../application/ports.js'
import type { CallSession, Device } from '../../domain/session.js'
import { callOf, deviceOf, signallingDeviceOf } from './mapping.js'

const { method } = CallService

/** The contract's CallService. */
@Controller()
export class CallController {
  constructor(
    private readonly commands: CallCommands,
    private readonly moderation: CallModeration,
    private readonly queries: CallQueries,
    private readonly access: CallAccess,
    private readonly clock: Clock,
  ) {}

  @Rpc(method.startCall)
  async startCall({ callId, groupId, video, ring, relayOnly }: pb.StartCallRequest, @SignedIn() user: SignedInUser) {
    const device = deviceOf(user)
    const request = { commandId: callId, groupId, video, ring }
    return this.#answer(
      await this.commands.startCall(request, device, this.clock.now(), user.signal),
      device,
      relayOnly,
    )
  }

  @Rpc(method.joinCall)
  async joinCall({ callId, groupId, move, relayOnly }: pb.JoinCallRequest, @SignedIn() user: SignedInUser) {
    const device = deviceOf(user)
    const session = await this.commands.joinCall(groupId, callId, device, { move }, this.clock.now(), user.signal)
    return this.#answer(session, device, relayOnly)
  }

  @Rpc(method.declineCall)
  async declineCall({ callId, groupId }: pb.DeclineCallRequest, @SignedIn() user: SignedInUser) {
    await this.commands.declineCall(groupId, callId, deviceOf(user), this.clock.now())
    return {}
  }

  @Rpc(method.leaveCall)
  async leaveCall({ callId, groupId, pageCloses }: pb.LeaveCallRequest, @SignedIn() user: SignedInUser) {
    await this.commands.leaveCall(groupId, callId, deviceOf(user), this.clock.now(), pageCloses)
    return {}
  }

  @Rpc(method.renewCall)
  async renewCall(
    { callId, groupId, knownRevision, wantAccess, relayOnly, sfuTrouble }: pb.RenewCallRequest,
    @SignedIn() user: SignedInUser,
  ) {
    const device = deviceOf(user)
    const now = this.clock.now()
    const sign = { knownRevision, trouble: sfuTrouble }
    const renewal = await this.commands.renewCall(groupId, callId, device, sign, now, user.signal)
    const { session, returned } = renewal
    return returned || wantAccess
      ? this.#answer(session, device, relayOnly)
      : { call: callOf(session, this.clock.now()) }
  }

  @Rpc(method.listMyCalls)
  async listMyCalls(_request: pb.ListMyCallsRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const sessions = await this.queries.listMyCalls(userId, signal)
    return { calls: sessions.map((session) => callOf(session, this.clock.now())) }
  }

  @Rpc(method.muteParticipants)
  async muteParticipants(
    { callId, groupId, userId }: pb.MuteParticipantsRequest,
    @SignedIn() { userId: byUserId, signal }: SignedInUser,
  ) {
    await this.moderation.muteParticipants(groupId, callId, byUserId, userId, this.clock.now(), signal)
    return {}
  }

  @Rpc(method.removeParticipant)
  async removeParticipant(
    { callId, groupId, userId }: pb.RemoveParticipantRequest,
    @SignedIn() { userId: byUserId, signal }: SignedInUser,
  ) {
    await this.moderation.removeParticipant(groupId, callId, byUserId, userId, this.clock.now(), signal)
    return {}
  }

  @Rpc(method.getIceServers)
  async getIceServers(_request: pb.GetIceServersRequest, @SignedIn() { userId }: SignedInUser) {
    return this.access.iceServers(userId, new Date())
  }

  @Rpc(method.listCallDevices)
  async listCallDevices({ callId, groupId }: pb.ListCallDevicesRequest) {
    return { devices: (await this.queries.listDevices(groupId, callId)).map(signallingDeviceOf) }
  }

  @Rpc(method.getCallKeys)
  async getCallKeys() {
    return { jwks: this.access.jwks }
  }

  /** Access goes only to participants of a call that has not ended. */
  async #answer(session: CallSession, device: Device, relayOnly: boolean) {
    const call = callOf(session, this.clock.now())
    if (session.state === CallState.ENDED) return { call }
    return { call, access: await this.access.issue(session, device, relayOnly, new Date()) }
  }
}
