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

test('commands are registered for as long as the scope that added them', () => {
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

test('of two with the same id the later one wins, until it is removed', () => {
  const [page, part] = [effectScope(), effectScope()]
  page.run(() => useCommands([command('a', { section: 'go' })]))
  part.run(() => useCommands([command('a', { section: 'call' })]))
  expect(allCommands().map(({ section }) => section)).toEqual(['call'])
  part.stop()
  expect(allCommands().map(({ section }) => section)).toEqual(['go'])
  page.stop()
})

test('available commands are those that can run now', () => {
  let open = false
  const scope = effectScope()
  scope.run(() => {
    const { run: _, ...withoutRun } = command('listed')
    useCommands([command('always'), command('sometimes', { enabled: () => open }), withoutRun])
  })
  expect(ids(availableCommands())).toEqual(['always'])
  open = true
  expect(ids(availableCommands())).toEqual(['always', 'sometimes'])
  scope.stop()
})
