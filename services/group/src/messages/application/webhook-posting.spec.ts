import { createHash } from 'node:crypto'
import { newId } from '@beseda/kernel'
import { GroupUpdatedSchema, WebhookCreatedSchema, WebhookDeletedSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { groupWorld } from '../../../../testing/group-world.js'
import { refusalOf } from '../../../../testing/refusal-of.js'
import type { WebhookPost } from './webhook-posting.js'

const signal = new AbortController().signal
const post = (token: string, more: Partial<WebhookPost> = {}): WebhookPost => ({
  ...{ token, messageId: newId(), text: 'built', authorName: '', now: new Date(1_000), traceparent: undefined, signal },
  ...more,
})

async function worldWithWebhook(webhookId = newId(), token = `token ${webhookId}`) {
  const world = await groupWorld()
  const groupId = await world.found(['ann', 'bob'])
  const tokenHash = createHash('sha256').update(token).digest()
  const value = create(WebhookCreatedSchema, { webhookId, name: 'CI', tokenHash })
  await world.write(groupId, 'group', { case: 'webhookCreated', value })
  return { ...world, groupId, webhookId, token }
}

test('posts under the webhook’s id and name, or the name that the post brings', async () => {
  const { webhookPosting, messages, groupId, webhookId, token } = await worldWithWebhook()
  const { place } = await webhookPosting.post(post(token))
  expect(place).toMatchObject({ groupId, authorId: webhookId })
  expect(messages.content(groupId, place.id)).toMatchObject({ text: 'built', authorName: 'CI' })
  const named = await webhookPosting.post(post(token, { messageId: '', authorName: ' Forecast ' }))
  expect(messages.content(groupId, named.place.id)).toMatchObject({ authorName: 'Forecast' })
})

test('a retry is one message; another text or another webhook with the id is refused', async () => {
  const { webhookPosting, write, groupId, token } = await worldWithWebhook()
  const first = post(token)
  const { place } = await webhookPosting.post(first)
  expect(await webhookPosting.post(first)).toEqual({ place, isNew: false })
  expect(await refusalOf(webhookPosting.post({ ...first, text: 'broken' }))).toBe('COMMAND_ID_REUSED')
  expect(await refusalOf(webhookPosting.post({ ...first, authorName: 'Ann' }))).toBe('COMMAND_ID_REUSED')
  const value = create(WebhookCreatedSchema, {
    webhookId: newId(),
    name: 'Other',
    tokenHash: createHash('sha256').update('other').digest(),
  })
  await write(groupId, 'group', { case: 'webhookCreated', value })
  expect(await refusalOf(webhookPosting.post({ ...first, token: 'other' }))).toBe('COMMAND_ID_REUSED')
})

test('a retry that names nobody is the same message under whatever name the webhook has now', async () => {
  const { webhookPosting, write, groupId, webhookId, token } = await worldWithWebhook()
  const first = post(token)
  const { place } = await webhookPosting.post(first)
  const deleted = create(WebhookDeletedSchema, { webhookId })
  await write(groupId, 'group', { case: 'webhookDeleted', value: deleted })
  const tokenHash = createHash('sha256').update(token).digest()
  const renamed = create(WebhookCreatedSchema, { webhookId, name: 'Builds', tokenHash })
  await write(groupId, 'group', { case: 'webhookCreated', value: renamed })
  expect(await webhookPosting.post(first)).toEqual({ place, isNew: false })
})

test('an unknown token, a deleted webhook, an archived group and an empty text are refused', async () => {
  const { webhookPosting, write, groupId, webhookId, token } = await worldWithWebhook()
  expect(await refusalOf(webhookPosting.post(post('guess')))).toBe('WEBHOOK_NOT_FOUND')
  expect(await refusalOf(webhookPosting.post(post(token, { text: ' ' })))).toBe('INVALID_REQUEST')
  const archived = create(GroupUpdatedSchema, { archived: true })
  await write(groupId, 'group', { case: 'groupUpdated', value: archived })
  expect(await refusalOf(webhookPosting.post(post(token)))).toBe('ARCHIVED')
  const deleted = create(WebhookDeletedSchema, { webhookId })
  await write(groupId, 'group', { case: 'webhookDeleted', value: deleted })
  expect(await refusalOf(webhookPosting.post(post(token)))).toBe('WEBHOOK_NOT_FOUND')
})

test('a webhook of an earlier release with the id of a person is silent', async () => {
  const { webhookPosting, commits, groupId, token } = await worldWithWebhook('bob')
  expect(await refusalOf(webhookPosting.post(post(token)))).toBe('WEBHOOK_NOT_FOUND')
  expect(await commits(groupId, 'messages')).toEqual([])
})

test('a webhook that this replica has not seen yet is looked for in the log first', async () => {
  const one = await worldWithWebhook()
  const other = await groupWorld({}, one.store)
  expect(await refusalOf(other.webhookPosting.post(post(one.token)))).toBe('accepted')
})
