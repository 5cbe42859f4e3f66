import { newId } from '@beseda/kernel'
import { InstallationSecret } from '@beseda/platform'
import { expect, test } from 'vitest'
import { CommandKeys, keyParts } from './command-keys.js'

const keys = new CommandKeys(InstallationSecret.of(Buffer.alloc(32, 1)))
const [ann, bob, command] = [newId(), newId(), newId()]

test('a key is the same for the same person, command and content', () => {
  expect(keys.key(ann, command, ['x', 1])).toBe(keys.key(ann, command, ['x', 1]))
})

test('its scope is of the person and the command, its other part of the content', () => {
  const parts = (actor: string, id: string, content: unknown) => keyParts(keys.key(actor, id, content))!
  const key = parts(ann, command, 'x')
  const other = parts(ann, command, 'y')
  expect(other.scope).toBe(key.scope)
  expect(other.content).not.toBe(key.content)
  for (const [actor, id] of [
    [bob, command],
    [ann, newId()],
  ] as const) {
    expect(parts(actor, id, 'x').scope).not.toBe(key.scope)
    expect(parts(actor, id, 'x').content).not.toBe(key.content)
  }
})

test('a key tells neither the command id nor the person, and another installation makes another one', () => {
  const key = keys.key(ann, command, 'x')
  for (const secret of [ann, command, command.replaceAll('-', '')]) expect(key).not.toContain(secret)
  expect(new CommandKeys(InstallationSecret.of(Buffer.alloc(32, 2))).key(ann, command, 'x')).not.toBe(key)
})

test('an id that a client chose is no key, and neither is that of a commit beside the command', () => {
  for (const id of [command, `${command}.name`, '', `${keys.key(ann, command, 'x')}.audit`, 'a.b']) {
    expect(keyParts(id)).toBeUndefined()
  }
})

test('what two kinds of command make never has the same id, whoever gave them', () => {
  const ids = (['account', 'bot'] as const).flatMap((kind) =>
    ['', ann, bob].flatMap((actor) => [command, ann].map((id) => keys.entityId(kind, actor, id))),
  )
  expect(new Set(ids).size).toBe(ids.length)
})
