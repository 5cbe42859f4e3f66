import { expect, test } from 'vitest'
import { effectScope, nextTick, reactive } from 'vue'
import { useEdits } from './use-edits.js'

function form() {
  const stored = reactive({ name: 'old' })
  const edits = effectScope().run(() => useEdits(() => ({ name: stored.name })))
  if (!edits) throw new Error('no scope')
  return { stored, edits }
}

test('a field that nobody has touched follows what is stored; another keeps what was typed', async () => {
  const { stored, edits } = form()
  stored.name = 'from elsewhere'
  await nextTick()
  expect(edits.edited.name).toBe('from elsewhere')
  edits.edited.name = 'mine'
  stored.name = 'from elsewhere again'
  await nextTick()
  expect(edits.edited.name).toBe('mine')
  expect(edits.changed.value).toBe(true)
})

test.each(['before', 'after'] as const)(
  'what is changed while it is saved stays a change, the event %s the response',
  async (order) => {
    const { stored, edits } = form()
    edits.edited.name = 'first'
    const done = edits.saving()
    const event = async () => {
      stored.name = 'first'
      await nextTick()
    }
    if (order === 'before') await event()
    edits.edited.name = 'second'
    done()
    if (order === 'after') await event()
    expect(edits.edited.name).toBe('second')
    expect(edits.changed.value).toBe(true)
    expect(edits.saved.value).toBe(false)
  },
)

test.each(['before', 'after'] as const)(
  'what the server has cleaned is shown and saved, the event %s the response',
  async (order) => {
    const { stored, edits } = form()
    edits.edited.name = ' first '
    const done = edits.saving()
    const event = async () => {
      stored.name = 'first'
      await nextTick()
    }
    if (order === 'before') await event()
    done()
    expect(edits.changed.value).toBe(false)
    if (order === 'after') await event()
    await nextTick()
    expect(edits.edited.name).toBe('first')
    expect(edits.saved.value).toBe(true)
  },
)
