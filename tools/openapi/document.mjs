/** @import { DescFile } from '@bufbuild/protobuf' */
import { readFileSync } from 'node:fs'
import { errorSchema } from './errors.mjs'
import { isOpen, operationOf } from './operations.mjs'
import { Contract, commentOf } from './options.mjs'
import { plainPaths } from './plain.mjs'
import { Schemas } from './schemas.mjs'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

const INTRODUCTION = `Every method is a POST of JSON (\`application/json\`) or of Protobuf (\`application/proto\`), of at most 64 KiB: Connect unary.

- A field that has its default value may be left out, in requests and in answers: \`""\`, \`0\`, \`false\`, an empty list, the first value of an enumeration. Whole numbers of 64 bits are strings.
- Commands carry an id that you generate (\`commandId\`, \`messageId\`). Repeating a command with the same id and content is safe: it is carried out once.
- An error has the HTTP status of its Connect code, and its reason in \`details\`. The reasons of an operation are those that its contract names; there may be others.
- \`x-rate-limit\` is a bucket of \`burst\` calls that fills with \`perMinute\`, over all operations of its class.`

const SECURITY = {
  person: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The access token of a session, for ten minutes; `RefreshToken` gives the next one.',
  },
  bot: { type: 'http', scheme: 'bearer', description: 'The token of a bot, with the scope that is named.' },
}

/** The OpenAPI 3.1 document of the HTTP API, from the contract with its comments. @param {readonly DescFile[]} files */
export function openApiDocument(files) {
  const contract = new Contract(files)
  const schemas = new Schemas(contract)
  const methods = contract.services.flatMap((service) =>
    service.methods.flatMap((method) => {
      const policy = contract.policyOf(method)
      return policy && isOpen(policy) ? [{ method, policy }] : []
    }),
  )
  for (const { method } of methods) schemas.answers(method.output)
  const paths = Object.fromEntries(
    methods.map(({ method, policy }) => [
      `/api/${method.parent.typeName}/${method.name}`,
      { post: operationOf(contract, schemas, method, policy) },
    ]),
  )
  const reason = contract.registry.getEnum('beseda.common.v1.ErrorReason')
  if (!reason) throw new Error('the contract has no ErrorReason')
  const error = errorSchema(schemas.of(reason))
  const plain = plainPaths(contract, schemas)
  const called = new Set(methods.map(({ method }) => method.parent))
  return {
    openapi: '3.1.1',
    info: {
      title: 'Beseda',
      version,
      summary: 'Group chat and calls',
      description: INTRODUCTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The installation that serves this document.' }],
    tags: [...called].map((service) => ({
      name: service.name,
      ...(commentOf(service) ? { description: commentOf(service) } : {}),
    })),
    paths: { ...paths, ...plain },
    components: { securitySchemes: SECURITY, schemas: { ...schemas.all, Error: error } },
  }
}
