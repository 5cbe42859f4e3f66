import { file_beseda_common_v1_permissions as permissions } from '@beseda/proto/common/v1/permissions'
import { file_beseda_membership_v1_membership_service as described } from '@beseda/proto/membership/v1/membership_service'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import { withoutOptions } from './lean-descriptors.js'

test('a descriptor keeps its types, fields and numbers, and loses the options that only services read', () => {
  const whole = toBinary(FileDescriptorProtoSchema, described.proto)
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
  expect(shape(file)).toEqual(shape(described.proto))
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
