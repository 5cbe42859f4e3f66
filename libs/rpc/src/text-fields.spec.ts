import { Exposure } from '@beseda/proto/common/v1/policy'
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { allMethods, policyOf } from './methods.js'

/**
 * What people write, and others may read. Each is cleaned by `cleanName` (not blank), `cleanLine` or `cleanText` of `@beseda/rules`
 * before it is stored, so that invisible characters are no name and no message; the specs of the services try it.
 */
const WRITTEN = [
  'beseda.call.v1.CallTerms.title',
  'beseda.group.v1.CreateGroupRequest.name',
  'beseda.group.v1.CreateGroupRequest.topic',
  'beseda.group.v1.CreateWebhookRequest.name',
  'beseda.group.v1.EditMessageRequest.text',
  'beseda.group.v1.PollInput.options',
  'beseda.group.v1.PostMessageRequest.text',
  'beseda.group.v1.SetReactionRequest.emoji',
  'beseda.group.v1.UpdateGroupRequest.name',
  'beseda.group.v1.UpdateGroupRequest.topic',
  'beseda.identity.v1.AddPasskeyRequest.name',
  'beseda.identity.v1.CreateAccountInviteRequest.name',
  'beseda.identity.v1.CreateBotRequest.display_name',
  'beseda.identity.v1.Device.name',
  'beseda.identity.v1.RegisterRequest.display_name',
  'beseda.identity.v1.UpdateProfileRequest.display_name',
  'beseda.identity.v1.UpdateProfileRequest.status_text',
  'beseda.membership.v1.AcceptInviteRequest.note',
  'beseda.membership.v1.BanMemberRequest.reason',
  'beseda.membership.v1.CreateInviteRequest.name',
  'beseda.membership.v1.JoinGroupRequest.note',
  'beseda.moderation.v1.CloseReportRequest.note',
  'beseda.moderation.v1.ReportMessageRequest.words',
  'beseda.moderation.v1.SetHoldRequest.reason',
  'beseda.notify.v1.ListSectionInput.name',
]

/** Secrets, addresses, places, times, settings, queries, and what is only compared: nobody else reads them. */
const OTHERS =
  /^(?:question|reply_to|address|cursor|origin|starts_at|until|occurrence|query|url|endpoint|locale|time_zone|user_?name|\w*password|refresh_token|call_token|language|device_proofs|challenge|code|flow|response_json|state|iss)$/

test('of every text that people send it is decided whether others read it: a new one goes through the rules of texts', () => {
  expect(textFields()).toEqual(WRITTEN)
})

function textFields(): string[] {
  const seen = new Set<string>()
  const walk = (message: DescMessage): string[] => {
    if (seen.has(message.typeName)) return []
    seen.add(message.typeName)
    return message.fields.flatMap(ofField)
  }
  const ofField = (field: DescField): string[] => {
    if (field.message && !field.message.typeName.startsWith('google.')) return walk(field.message)
    const isString = (field.fieldKind === 'scalar' || field.fieldKind === 'list') && field.scalar === ScalarType.STRING
    return isString && !/(^|_)ids?$/.test(field.name) && !OTHERS.test(field.name)
      ? [`${field.parent.typeName}.${field.name}`]
      : []
  }
  const open = allMethods().filter((method) => policyOf(method).exposure !== Exposure.INTERNAL)
  return open.flatMap(({ input }) => walk(input)).toSorted()
}
