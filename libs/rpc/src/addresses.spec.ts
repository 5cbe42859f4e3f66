import { GetPreviewRequestSchema } from '@beseda/proto/preview/v1/preview_service'
import { create } from '@bufbuild/protobuf'
import { createValidator } from '@bufbuild/protovalidate'
import { expect, test } from 'vitest'

const validator = createValidator()

test.each([
  ['https://example.org/a_(b)?c=d#e', true],
  ['https://example.org/беседа', true],
  ['HTTPS://президент.рф/о-нас', true],
  ['javascript:alert(1)', false],
  ['https://', false],
  ['https://example.org/a b', false],
  ['', false],
])('a preview of "%s" may be asked for: %s', (url, isValid) => {
  const { kind } = validator.validate(GetPreviewRequestSchema, create(GetPreviewRequestSchema, { url }))
  expect(kind === 'valid').toBe(isValid)
})
