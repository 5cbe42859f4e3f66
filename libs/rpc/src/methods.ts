import { CallService } from '@beseda/proto/call/v1/call_service'
import { MediaKeyService } from '@beseda/proto/call/v1/media_key_service'
import { RecordingService } from '@beseda/proto/call/v1/recording_service'
import { CaptionService } from '@beseda/proto/caption/v1/caption_service'
import {
  Exposure,
  type MethodPolicy,
  policy,
  RateClass,
  RateClassSchema,
  type RateLimit,
  rate_limit,
} from '@beseda/proto/common/v1/policy'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { PollService } from '@beseda/proto/group/v1/poll_service'
import { ScheduleService } from '@beseda/proto/group/v1/schedule_service'
import { HistoryService } from '@beseda/proto/history/v1/history_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { SecondFactorService } from '@beseda/proto/identity/v1/second_factor_service'
import { MailService } from '@beseda/proto/mail/v1/mail_service'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { ModerationService } from '@beseda/proto/moderation/v1/moderation_service'
import { CalendarService } from '@beseda/proto/notify/v1/calendar_service'
import { MissedMailService } from '@beseda/proto/notify/v1/missed_mail_service'
import { NotifyService } from '@beseda/proto/notify/v1/notify_service'
import { PresenceService } from '@beseda/proto/presence/v1/presence_service'
import { PreviewService } from '@beseda/proto/preview/v1/preview_service'
import { type DescMethodUnary, type DescService, getOption, hasOption } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'

/** Every service of the contract. */
export const SERVICES: readonly DescService[] = [
  IdentityService,
  MailService,
  SecondFactorService,
  GroupService,
  PollService,
  ScheduleService,
  HistoryService,
  MembershipService,
  ModerationService,
  CallService,
  RecordingService,
  CaptionService,
  MediaKeyService,
  PresenceService,
  CalendarService,
  MissedMailService,
  NotifyService,
  PreviewService,
]

/** Name of a service on the bus, as `group` for `beseda.group.v1.GroupService`: two of one package share it. */
export const serviceName = (service: DescService): string => service.typeName.split('.')[1] ?? service.typeName

/** `beseda.group.v1.GroupService/CreateGroup`, as in an HTTP path. */
export const methodPath = (method: DescMethodUnary): string => `${method.parent.typeName}/${method.name}`

const byPath = new Map<string, DescMethodUnary>(
  SERVICES.flatMap((service) =>
    service.methods.filter((method): method is DescMethodUnary => method.methodKind === 'unary'),
  ).map((method) => [methodPath(method), method]),
)

export const findMethod = (service: string, method: string): DescMethodUnary | undefined =>
  byPath.get(`${service}/${method}`)
export const allMethods = (): readonly DescMethodUnary[] => [...byPath.values()]

/** Policies by method. Reading an option decodes it, and every request needs the policy: each is read once. */
const policies = new Map<DescMethodUnary, MethodPolicy>()

/** The policy that the contract states for a method. A method without a policy is internal. */
export function policyOf(method: DescMethodUnary): MethodPolicy {
  let found = policies.get(method)
  if (!found) {
    found = getOption(method, policy)
    if (!hasOption(method, policy)) found = { ...found, exposure: Exposure.INTERNAL }
    policies.set(method, found)
  }
  return found
}

/** Whether a request without a user is refused. Services call a few methods of SIGNED_IN exposure in their own name. */
export function requiresUser(method: DescMethodUnary): boolean {
  const { exposure, openToServices } = policyOf(method)
  return exposure === Exposure.SIGNED_IN && !openToServices
}

/** Whether a request may be sent again when its answer is lost: the contract says that a repeat changes nothing more. */
export const isRepeatable = ({ idempotency }: DescMethodUnary): boolean =>
  idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN

const rateLimits = new Map<RateClass, RateLimit>(
  RateClassSchema.values.flatMap((value) =>
    hasOption(value, rate_limit) ? [[value.number, getOption(value, rate_limit)] as const] : [],
  ),
)

/** The token bucket of a rate class; undefined: unlimited. */
export const rateLimitOf = (rateClass: RateClass): RateLimit | undefined => rateLimits.get(rateClass)
