/** @import { Contract } from './options.mjs' */
/** @import { Schemas } from './schemas.mjs' */
import { errorResponses } from './errors.mjs'
import { limitOf, securityOf } from './operations.mjs'

const ANY_BYTES = { 'application/octet-stream': { schema: {} } }
const text = { type: 'string' }
const uuid = { type: 'string', format: 'uuid' }

/** @param {string} name @param {Record<string, unknown>} schema @param {string} [description] */
const inPath = (name, schema, description) => ({
  name,
  in: 'path',
  required: true,
  schema,
  ...(description ? { description } : {}),
})
/** @param {string} name @param {Record<string, unknown>} schema @param {string} description */
const inQuery = (name, schema, description) => ({ name, in: 'query', required: true, schema, description })

/** What the gateway serves beside the methods: bodies that are files, and addresses that are secrets. @param {Contract} contract @param {Schemas} schemas */
export function plainPaths(contract, schemas) {
  const codes = contract.reasons
  const file = contract.registry.getMessage('beseda.group.v1.File')
  const message = contract.registry.getMessage('beseda.group.v1.Message')
  if (!file || !message) throw new Error('the contract has no File or no Message')
  /** @param {string} rateClass @param {string} of @param {string} description @param {readonly string[]} reasons */
  const common = (rateClass, of, description, reasons) => {
    const { sentence, ...limit } = limitOf(contract, rateClass, of)
    const isSecret = of !== 'person'
    const always = [
      'RATE_LIMITED',
      'UNAVAILABLE',
      ...(isSecret ? [] : ['UNAUTHENTICATED', 'TOKEN_EXPIRED', 'SESSION_REVOKED']),
    ]
    return {
      description: `${description}\n\n${sentence}`,
      errors: errorResponses([...always, ...reasons], codes),
      limit,
    }
  }
  const upload = common('UPLOAD', 'person', 'Stores the body as a file. The type is found out from the content.', [
    'SCOPE_MISSING',
    'TOO_LARGE',
    'BAD_FILE',
    'UPLOADS_USED_UP',
    'NO_ROOM',
  ])
  const download = common('READ', 'person', 'The file, or the part that `Range` names.', [
    'SCOPE_MISSING',
    'FILE_NOT_FOUND',
  ])
  const piece = common(
    'UPLOAD',
    'person',
    'Stores piece `n` of a recording, counted from 0; in order, at most 8 MB each.',
    ['RECORDING_NOT_FOUND', 'RECORDING_GAP', 'BAD_FILE', 'TOO_LARGE'],
  )
  const hook = common(
    'WEBHOOK',
    'webhook',
    "Posts into the group of an incoming webhook. The address is a secret. It also takes the payload of Slack, and events of GitHub, GitLab, Alertmanager and Grafana, at most 256 KiB; to Slack's it answers with the word `ok`.",
    ['INVALID_REQUEST', 'WEBHOOK_NOT_FOUND', 'TOO_LARGE'],
  )
  const calendar = common(
    'CALENDAR',
    'calendar',
    'The scheduled calls of whoever has made the link. The address is a secret.',
    ['CALENDAR_NOT_FOUND'],
  )
  const letters = common(
    'SIGN_IN',
    'letter',
    'Ends letters about what somebody has missed (RFC 8058). The address is a secret.',
    ['MAIL_LINK_INVALID'],
  )
  const bytes = (/** @type {string} */ description) => ({ description, content: ANY_BYTES })
  const token = inPath('token', text, 'Told once, by `CreateWebhook` or `OfferCalendarFeed`.')
  const readable = (/** @type {string} */ operationId, /** @type {string} */ summary) => ({
    operationId,
    tags: ['Files'],
    summary,
    description: download.description,
    security: securityOf(true, 'SCOPE_READ'),
    responses: {
      200: bytes('The whole.'),
      206: bytes('A part.'),
      416: { description: 'There is no such part.' },
      ...download.errors,
    },
    ...download.limit,
  })
  return {
    '/api/files': {
      post: {
        operationId: 'uploadFile',
        tags: ['Files'],
        summary: 'Upload a file',
        description: upload.description,
        security: securityOf(true, 'SCOPE_POST'),
        parameters: [
          inQuery('name', text, 'Name of the file.'),
          {
            ...inQuery('purpose', { enum: ['attachment', 'avatar'] }, 'An avatar is a picture that everybody may see.'),
            required: false,
          },
        ],
        requestBody: { required: true, content: ANY_BYTES },
        responses: {
          200: { description: 'Stored.', content: { 'application/json': { schema: schemas.of(file) } } },
          ...upload.errors,
        },
        ...upload.limit,
      },
    },
    '/api/files/{id}': { parameters: [inPath('id', uuid)], get: readable('downloadFile', 'Download a file') },
    '/api/files/{id}/thumbnail': {
      parameters: [inPath('id', uuid)],
      get: readable('downloadThumbnail', 'Download the small picture of a file'),
    },
    '/api/recordings/{id}/{n}': {
      put: {
        operationId: 'uploadRecordingPiece',
        tags: ['Files'],
        summary: 'Upload a piece of a recording',
        description: piece.description,
        security: securityOf(true, undefined),
        parameters: [
          inPath('id', uuid),
          inPath('n', { type: 'integer', minimum: 0 }),
          inQuery('group', uuid, 'Group of the call.'),
        ],
        requestBody: { required: true, content: ANY_BYTES },
        responses: { 200: { description: 'Stored.' }, ...piece.errors },
        ...piece.limit,
      },
    },
    '/hooks/{token}': {
      post: {
        operationId: 'postByWebhook',
        tags: ['Webhooks'],
        summary: 'Post by a webhook',
        description: hook.description,
        security: securityOf(false, undefined),
        parameters: [token],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                anyOf: [
                  {
                    type: 'object',
                    required: ['text'],
                    properties: {
                      text: { ...text, description: 'Markdown.' },
                      name: { ...text, description: 'Replaces the name of the webhook.' },
                      id: { ...uuid, description: 'Makes a retry safe.' },
                    },
                  },
                  { type: 'object', description: "Slack's payload, or an event of one of the tools." },
                ],
              },
            },
            'application/x-www-form-urlencoded': {
              schema: {
                type: 'object',
                required: ['payload'],
                properties: { payload: { ...text, description: "Slack's payload, or an event of GitHub, as JSON." } },
              },
            },
          },
        },
        responses: {
          200: {
            description: 'Posted.',
            content: { 'application/json': { schema: schemas.of(message) }, 'text/plain': { schema: { const: 'ok' } } },
          },
          ...hook.errors,
        },
        ...hook.limit,
      },
    },
    '/calendar/{token}.ics': {
      get: {
        operationId: 'readCalendar',
        tags: ['Calendar'],
        summary: 'Read a calendar by its link',
        description: calendar.description,
        security: securityOf(false, undefined),
        parameters: [token],
        responses: {
          200: { description: 'iCalendar.', content: { 'text/calendar': { schema: text } } },
          304: { description: 'As it was (`If-None-Match`).' },
          ...calendar.errors,
        },
        ...calendar.limit,
      },
    },
    '/unsubscribe/{code}': {
      post: {
        operationId: 'endLetters',
        tags: ['Letters'],
        summary: 'End letters',
        description: letters.description,
        security: securityOf(false, undefined),
        parameters: [inPath('code', text, 'In each of these letters.')],
        responses: { 200: { description: 'Done.' }, ...letters.errors },
        ...letters.limit,
      },
    },
  }
}
