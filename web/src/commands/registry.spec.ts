import { expect, test } from 'vitest'
import { effectScope } from 'vue'
import { allCommands, availableCommands, type Command, useCommands } from './registry.js'

const command = (id: string, more: Partial<Command> = {}): Command => ({
  id,
  section: 'app',
  title: () => id,
  run: () => undefined,
  ...more,
})
const ids = (commands: readonly Command[]) => commands.map(({ id }) => id)

test('commands are there as long as what added them', () => {
  const page = effectScope()
  const part = effectScope()
  page.run(() => useCommands([command('a')]))
  part.run(() => useCommands([command('b'), command('c')]))
  expect(ids(allCommands())).toEqual(['a', 'b', 'c'])
  part.stop()
  expect(ids(allCommands())).toEqual(['a'])
  page.stop()
  expect(allCommands()).toEqual([])
})

test('the later of two with one id counts, until it goes', () => {
  const [page, part] = [effectScope(), effectScope()]
  page.run(() => useCommands([command('a', { section: 'go' })]))
  part.run(() => useCommands([command('a', { section: 'call' })]))
  expect(allCommands().map(({ section }) => section)).toEqual(['call'])
  part.stop()
  expect(allCommands().map(({ section }) => section)).toEqual(['go'])
  page.stop()
})

test('available is what can be done now', () => {
  let open = false
  const scope = effectScope()
  scope.run(() => {
    const { run: _, ...onlyTold } = command('told')
    useCommands([command('always'), command('sometimes', { enabled: () => open }), onlyTold])
  })
  expect(ids(availableCommands())).toEqual(['always'])
  open = true
  expect(ids(availableCommands())).toEqual(['always', 'sometimes'])
  scope.stop()
})
