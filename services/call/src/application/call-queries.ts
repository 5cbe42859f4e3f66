import { CallState } from '@beseda/proto/call/v1/call_service'
import type { CallSession, Device } from '../domain/session.js'
import type { CallSessions } from './call-sessions.js'
import type { Members } from './ports.js'

/** Sessions that one request to Redis reads: more would keep Redis from others, fewer cost more round trips. */
const CHUNK = 500

export class CallQueries {
  constructor(
    private readonly sessions: CallSessions,
    private readonly members: Members,
  ) {}

  /** The calls that ring or go on in a person's groups. */
  async listMyCalls(userId: string, signal: AbortSignal): Promise<readonly CallSession[]> {
    const groupIds = await this.members.groupsOf(userId, signal)
    const found: CallSession[] = []
    for (let at = 0; at < groupIds.length; at += CHUNK) {
      const sessions = await this.sessions.findMany(groupIds.slice(at, at + CHUNK))
      found.push(...sessions.filter((session) => session !== undefined))
    }
    return found.filter(({ state }) => state !== CallState.ENDED)
  }

  /** The devices that may signal in a call; none when it has ended or does not exist. */
  async listDevices(groupId: string, callId: string): Promise<readonly Device[]> {
    const session = await this.sessions.find(groupId)
    if (session?.id !== callId || session.state === CallState.ENDED) return []
    return [...session.participants, ...session.away].filter(({ deviceId }) => deviceId !== '')
  }
}
