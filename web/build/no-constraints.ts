import type { Plugin } from 'vite'

const VALIDATE = '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
const STUB = '\0beseda:validate'

/**
 * Constraints of requests are checked by the services; the client never reads them. Their vocabulary
 * (`buf/validate/validate.proto`) is 20 kB compressed, and an empty file of the same name does for the descriptors
 * that import it: options they do not know are kept as unknown fields.
 */
export function noConstraints(): Plugin {
  return {
    name: 'beseda:no-constraints',
    apply: 'build',
    enforce: 'pre',
    resolveId: (id) => (id === VALIDATE ? STUB : undefined),
    load: (id) =>
      id === STUB
        ? `import { createFileRegistry } from '@bufbuild/protobuf'
import { create } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
const proto = create(FileDescriptorProtoSchema, { name: 'buf/validate/validate.proto', package: 'buf.validate', syntax: 'proto2' })
export const file_buf_validate_validate = createFileRegistry(proto, () => undefined).getFile('buf/validate/validate.proto')`
        : undefined,
  }
}
