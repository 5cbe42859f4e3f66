import { Refusal } from '@beseda/kernel'
import { CallState, InviteeState } from '@beseda/proto/call/v1/call_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decline, expire, join, leave, renew, start } from './call.js'
import type { CallChange } from './call-change.js'
import type { CallSession, Device } from './session.js'

/**
 * A simple model of ringing beside the real one: who is still rung, and who is in the call with which device. Commands in any order
 * must do the same to both.
 */
interface Model {
  ended: boolean
  readonly rings: Set<string>
  readonly answered: Set<string>
  readonly inCall: Map<string, string>
}
interface Real {
  session: CallSession
  now: number
}

const RING_MS = 45_000
const INVITED = ['bob', 'cat', 'dan']
const CALL = {
  id: 'c',
  commandId: 'asked',
  groupId: 'g',
  direct: false,
  room: false,
  video: false,
  inviteeIds: INVITED,
  busyIds: [],
  ringMs: RING_MS,
  limits: { mesh: 10, most: 10 },
}
const ann: Device = { userId: 'ann', deviceId: 'ann-1' }

abstract class Command implements fc.Command<Model, Real> {
  constructor(readonly device: Device) {}
  /** The expected result; changes the model. */
  abstract expected(model: Model): string
  abstract change(real: Real): CallChange

  check = () => true

  run(model: Model, real: Real): void {
    real.now += 100
    const expected = this.expected(model)
    let outcome = 'accepted'
    try {
      real.session = this.change(real).session
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      outcome = ErrorReason[error.reason]
    }
    expect(outcome).toBe(expected)
    const { participants, invitees, state } = real.session
    expect(new Map(participants.map(({ userId, deviceId }) => [userId, deviceId]))).toEqual(model.inCall)
    const ringing = invitees.filter((invitee) => invitee.state === InviteeState.RINGING).map(({ userId }) => userId)
    expect(new Set(ringing)).toEqual(model.rings)
    expect(state === CallState.ENDED).toBe(model.ended)
  }

  toString = () => `${this.constructor.name}(${this.device.deviceId})`
}

class Accept extends Command {
  expected({ ended, rings, answered, inCall }: Model): string {
    const { userId, deviceId } = this.device
    if (ended) return 'CALL_ENDED'
    if (inCall.has(userId)) return inCall.get(userId) === deviceId ? 'accepted' : 'CALL_ANSWERED_ELSEWHERE'
    inCall.set(userId, deviceId)
    rings.delete(userId)
    answered.add(userId)
    return 'accepted'
  }
  change = ({ session, now }: Real) => join(session, 'c', this.device, { move: false }, now)
}

class Decline extends Command {
  expected({ ended, rings, answered }: Model): string {
    const { userId } = this.device
    if (!INVITED.includes(userId)) return 'CALL_NOT_FOUND'
    if (ended) return 'accepted'
    if (answered.has(userId)) return 'CALL_ANSWERED_ELSEWHERE'
    rings.delete(userId)
    return 'accepted'
  }
  change = ({ session, now }: Real) => decline(session, 'c', this.device, now)
}

class HangUp extends Command {
  expected(model: Model): string {
    const { userId, deviceId } = this.device
    if (model.inCall.get(userId) === deviceId) {
      model.inCall.delete(userId)
      if (model.inCall.size === 0) {
        model.ended = true
        model.rings.clear()
      }
    } else model.rings.delete(userId)
    return 'accepted'
  }
  change = ({ session, now }: Real) => leave(session, 'c', this.device, now)
}

/** Others call at the same time; after the end it can only be the caller's own request that comes again. */
class StartAgain extends Command {
  expected(model: Model): string {
    return model.ended ? 'accepted' : new Accept(this.device).expected(model)
  }
  change({ session, now }: Real): CallChange {
    return start(session, CALL, session.state === CallState.ENDED ? ann : this.device, now)
  }
}

/** The 45 s pass; everybody in the call keeps the lease. */
class RingOut extends Command {
  expected({ rings }: Model): string {
    rings.clear()
    return 'accepted'
  }
  change(real: Real): CallChange {
    real.now = Math.max(real.now, real.session.startedAt + RING_MS)
    if (real.session.state === CallState.ENDED) return expire(real.session, real.now)
    const kept = real.session.participants.reduce(
      (session, device) => renew(session, 'c', device, 0, real.now).session,
      real.session,
    )
    return expire(kept, real.now)
  }
}

const device = fc
  .record({ userId: fc.constantFrom('ann', ...INVITED), n: fc.constantFrom('1', '2', '3') })
  .map(({ userId, n }): Device => ({ userId, deviceId: `${userId}-${n}` }))
const commands = [Accept, Decline, HangUp, StartAgain, RingOut].map((Kind) => device.map((one) => new Kind(one)))

test('ringing does what a person would expect, whatever the order', () => {
  fc.assert(
    fc.property(fc.commands<Model, Real>(commands, { maxCommands: 40 }), (script) => {
      const setUp = () => ({
        model: {
          ended: false,
          rings: new Set(INVITED),
          answered: new Set<string>(),
          inCall: new Map([[ann.userId, ann.deviceId]]),
        },
        real: { session: start(undefined, CALL, ann, 1_000).session, now: 1_000 },
      })
      fc.modelRun(setUp, script)
    }),
    { numRuns: 300 },
  )
})
