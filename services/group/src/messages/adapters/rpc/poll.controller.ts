import type * as pb from '@beseda/proto/group/v1/poll_service'
import { PollService } from '@beseda/proto/group/v1/poll_service'
import { Rpc, SignedIn, type SignedInUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { Polls } from '../../application/polls.js'
import { toStanding } from './mapping.js'

const { method } = PollService

/** The methods of PollService. */
@Controller()
export class PollController {
  constructor(private readonly polls: Polls) {}

  @Rpc(method.votePoll)
  async votePoll(request: pb.VotePollRequest, @SignedIn() user: SignedInUser) {
    const { groupId, messageId, commandId, options, question } = request
    const command = user.command(commandId)
    return { standing: toStanding(await this.polls.vote(groupId, messageId, options, command, question)) }
  }

  @Rpc(method.endPoll)
  async endPoll({ groupId, messageId, commandId }: pb.EndPollRequest, @SignedIn() user: SignedInUser) {
    return { standing: toStanding(await this.polls.end(groupId, messageId, user.command(commandId))) }
  }

  @Rpc(method.getPoll)
  async getPoll({ groupId, messageId, minSeq }: pb.GetPollRequest, @SignedIn() { userId, signal }: SignedInUser) {
    return { standing: toStanding(await this.polls.standing(groupId, messageId, userId, Number(minSeq), signal)) }
  }

  @Rpc(method.listVoters)
  async listVoters({ groupId, messageId, option }: pb.ListVotersRequest, @SignedIn() { userId, signal }: SignedInUser) {
    return { userIds: [...(await this.polls.voters(groupId, messageId, option, userId, signal))] }
  }
}
