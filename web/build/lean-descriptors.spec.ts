import { file_beseda_call_v1_call_service as calls } from '@beseda/proto/call/v1/call_service'
import { file_beseda_common_v1_permissions as permissions } from '@beseda/proto/common/v1/permissions'
import { Exposure, policy } from '@beseda/proto/common/v1/policy'
import { file_beseda_group_v1_group_service as groups } from '@beseda/proto/group/v1/group_service'
import { file_beseda_history_v1_history_service as history } from '@beseda/proto/history/v1/history_service'
import { file_beseda_identity_v1_events as identityEvents } from '@beseda/proto/identity/v1/events'
import { file_beseda_identity_v1_identity_service as identity } from '@beseda/proto/identity/v1/identity_service'
import { file_beseda_identity_v1_second_factor_service as secondFactor } from '@beseda/proto/identity/v1/second_factor_service'
import { file_beseda_log_v1_commit as commit } from '@beseda/proto/log/v1/commit'
import { file_beseda_mail_v1_mail_service as mail } from '@beseda/proto/mail/v1/mail_service'
import { file_beseda_membership_v1_membership_service as members } from '@beseda/proto/membership/v1/membership_service'
import { file_beseda_moderation_v1_events as moderationEvents } from '@beseda/proto/moderation/v1/events'
import { file_beseda_moderation_v1_moderation_service as moderation } from '@beseda/proto/moderation/v1/moderation_service'
import { file_beseda_notify_v1_events as notifyEvents } from '@beseda/proto/notify/v1/events'
import { file_beseda_notify_v1_notify_service as notify } from '@beseda/proto/notify/v1/notify_service'
import { file_beseda_presence_v1_presence_service as presence } from '@beseda/proto/presence/v1/presence_service'
import { type DescFile, type DescMessage, type DescMethod, fromBinary, getOption, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import { withoutOptions } from './lean-descriptors.js'

test('a descriptor keeps its types, fields and numbers, and loses the options that only services read', () => {
  const whole = toBinary(FileDescriptorProtoSchema, history.proto)
  const lean = withoutOptions(Buffer.from(whole).toString('base64'))
  expect(lean.length).toBeLessThan(whole.length)

  const file = fromBinary(FileDescriptorProtoSchema, lean)
  const shape = (from: typeof file) => [
    from.messageType.map(({ name, field }) => [
      name,
      field.map((one) => [one.name, one.number, one.type, one.typeName]),
    ]),
    from.service.map(({ method }) => method.map(({ name, inputType, outputType }) => [name, inputType, outputType])),
  ]
  expect(shape(file)).toEqual(shape(history.proto))
  expect(file.messageType.flatMap(({ field }) => field.filter(({ options }) => options))).toEqual([])
  expect(file.service.flatMap(({ method }) => method.filter(({ options }) => options))).toEqual([])
})

test('options of enum values stay: the client reads permissions from them', () => {
  const lean = fromBinary(
    FileDescriptorProtoSchema,
    withoutOptions(Buffer.from(toBinary(FileDescriptorProtoSchema, permissions.proto)).toString('base64')),
  )
  expect(lean.enumType).toEqual(permissions.proto.enumType)
})

const leanOf = (file: DescFile) =>
  fromBinary(
    FileDescriptorProtoSchema,
    withoutOptions(Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)).toString('base64')),
  )

test('a commit keeps the events of histories, and loses those of streams that no client reads', () => {
  const event = leanOf(commit).messageType.find(({ name }) => name === 'Event')
  const packages = new Set(event?.field.map(({ typeName }) => typeName.split('.')[2]))
  expect(packages).toEqual(new Set([undefined, 'call', 'group', 'log', 'membership']))
})

test.each([identity, groups, members, calls, presence])(
  'what people may ask keeps its fields, and what only services ask loses them: $name',
  (file) => {
    const lean = new Map(leanOf(file).messageType.map(({ name, field }) => [name, field.length]))
    const isBetweenServices = (method: DescMethod) => getOption(method, policy).exposure === Exposure.INTERNAL
    const seen = new Set<DescMessage>()
    const walk = (message: DescMessage): void => {
      if (seen.has(message) || message.file !== file) return
      seen.add(message)
      for (const field of message.fields) if (field.message) walk(field.message)
    }
    const methods = file.services.flatMap((service) => service.methods)
    for (const { input, output } of methods.filter((one) => !isBetweenServices(one))) {
      walk(input)
      walk(output)
    }
    const shorter = [...seen].filter(({ name, parent, fields }) => !parent && lean.get(name) !== fields.length)
    expect(shorter.map(({ name }) => name)).toEqual([])
    const asked = methods.filter(isBetweenServices).flatMap(({ input, output }) => [input, output])
    expect(asked.filter(({ name }) => lean.get(name) !== 0).map(({ name }) => name)).toEqual([])
  },
)

test('whatever services ask and answer keeps its fields', () => {
  const emptied = new Set<string>()
  for (const file of [identityEvents, moderationEvents, notifyEvents]) {
    const lean = leanOf(file)
    for (const message of file.messages) {
      const left = lean.messageType.find(({ name }) => name === message.name)?.field.length
      if (left !== message.fields.length) emptied.add(message.typeName)
    }
  }
  expect(emptied.size).toBeGreaterThan(20)
  const seen = new Set<string>()
  const walk = (message: DescMessage): void => {
    if (seen.has(message.typeName)) return
    seen.add(message.typeName)
    for (const field of message.fields)
      if (field.message && message.typeName !== 'beseda.log.v1.Event') walk(field.message)
  }
  const services = [identity, secondFactor, mail, moderation, notify, history].flatMap((file) => file.services)
  for (const method of services.flatMap(({ methods }) => methods))
    for (const end of [method.input, method.output]) walk(end)
  expect([...seen].filter((name) => emptied.has(name))).toEqual([])
})
