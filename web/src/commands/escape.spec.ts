import { expect, test } from 'vitest'
import { effectScope } from 'vue'
import { ESCAPE, stepBack, useEscape } from './escape.js'

test('one Escape closes one thing, the nearest first', () => {
  const left: string[] = []
  const open = new Set(['panel', 'edit'])
  const leave = (what: string) => () => open.delete(what) && left.push(what) > 0
  const scope = effectScope()
  scope.run(() => {
    useEscape(ESCAPE.panel, leave('panel'))
    useEscape(ESCAPE.editing, leave('edit'))
  })
  expect(stepBack()).toBe(true)
  expect(left).toEqual(['edit'])
  expect(stepBack()).toBe(true)
  expect(left).toEqual(['edit', 'panel'])
  expect(stepBack()).toBe(false)
  open.add('panel')
  scope.stop()
  expect(stepBack()).toBe(false)
})
