import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import type { Plugin } from 'vite'

const COMMIT_CODE = /\/log\/v1\/commit_pb\.ts$/
const GENERATED = /\/src\/gen\/.*_pb\.ts$/
const DESCRIPTION = /fileDesc\("([A-Za-z0-9+/=]+)"(?:, \[([^\]]*)\])?\)/
/** Define only the vocabulary of options that only servers read; constraints alone are 20 kB compressed. */
const VOCABULARY: ReadonlySet<string> = new Set(['file_buf_validate_validate', 'file_beseda_common_v1_audience'])

/** Events of accounts, reports and notifications are in streams of their own: commits that a client reads have none of them. */
const OTHER_STREAMS = ['identity', 'moderation', 'notify'] as const
const OTHER_BODIES = new RegExp(`^\\.beseda\\.(?:${OTHER_STREAMS.join('|')})\\.`)
const OTHER_EVENTS = new RegExp(`^beseda/(?:${OTHER_STREAMS.join('|')})/v1/events\\.proto$`)
const OTHER_FILES: ReadonlySet<string> = new Set(OTHER_STREAMS.map((name) => `file_beseda_${name}_v1_events`))
const COMMIT = 'beseda/log/v1/commit.proto'
/** Messages beside those events that services answer with. */
const ANSWERED: ReadonlySet<string> = new Set(['AdministratorActed', 'RetentionRule', 'QuietHours', 'ListSection'])

/** What only services ask each other, of the contracts in the first load: no client says or hears it. */
const BETWEEN_SERVICES: ReadonlySet<string> = new Set([
  ...['AuthenticateBot', 'AuthorizeAdministrator', 'AppointAdministrator', 'FindEndedSessions', 'FindDisabled'],
  ...['ListEndedSessions', 'GetSigningKeys', 'EraseAccount'],
  ...['ListGroupIds', 'ListCallees', 'ListUnaddable', 'GetMembership'],
  ...['PostByWebhook', 'FinishUpload', 'PostRecording', 'AuthorizeDownload', 'ListThreadFollowers'],
  ...['ListCallDevices', 'GetCallKeys', 'ListAttention', 'ReportConnections'],
])
const isBetweenServices = (message: string) => BETWEEN_SERVICES.has(message.replace(/(?:Request|Response)$/, ''))

/**
 * Shrinks the message descriptors by a third (compressed). Options of the contract (constraints, access, rate limits) are
 * read by the services and the gateway, never by the client; types, fields and numbers stay. Compression finds repeated
 * names only where they are not hidden in base64.
 */
export const leanDescriptors = (): Plugin => ({
  name: 'beseda:lean-descriptors',
  apply: 'build',
  enforce: 'pre',
  transform(code, id) {
    if (!GENERATED.test(id)) return undefined
    const lean = code.replace(DESCRIPTION, (_, described: string, imports = '') => {
      const needed = String(imports)
        .split(', ')
        .filter((name) => name !== '' && !VOCABULARY.has(name) && !(COMMIT_CODE.test(id) && OTHER_FILES.has(name)))
      const words = JSON.stringify(Buffer.from(withoutOptions(described)).toString('latin1'))
      return `fileDesc(/*@__PURE__*/ btoa(${words})${needed.length > 0 ? `, [${needed.join(', ')}]` : ''})`
    })
    return { code: lean, map: null }
  },
})

/** @param described base64 */
export function withoutOptions(described: string): Uint8Array {
  const file = fromBinary(FileDescriptorProtoSchema, Buffer.from(described, 'base64'))
  strip(file)
  return toBinary(FileDescriptorProtoSchema, file)
}

/** The rules of permissions are options of the enum's values, and the client reads them (libs/rules). */
const READ_BY_THE_CLIENT: ReadonlySet<string> = new Set(['Permission'])

function strip(file: FileDescriptorProto): void {
  for (const { name, value } of file.enumType) if (!READ_BY_THE_CLIENT.has(name)) stripAll(value)
  for (const message of file.messageType) {
    stripMessage(message)
    if (file.name === COMMIT) message.field = message.field.filter(({ typeName }) => !OTHER_BODIES.test(typeName))
    if (OTHER_EVENTS.test(file.name) && !ANSWERED.has(message.name)) message.field = []
    if (isBetweenServices(message.name)) message.field = []
  }
  for (const service of file.service) {
    service.method = service.method.filter(({ name }) => !BETWEEN_SERVICES.has(name))
    stripAll([service, ...service.method])
  }
}

function stripMessage(message: DescriptorProto): void {
  // Map entries are marked by an option, which stays.
  if (!message.options?.mapEntry) stripAll([message])
  stripAll([...message.field, ...message.oneofDecl])
  for (const nested of message.nestedType) stripMessage(nested)
}

const stripAll = (all: readonly { options?: unknown }[]): void => {
  for (const one of all) delete one.options
}
