import { afterEach, expect, test } from 'vitest'
import { createApp, defineComponent, h, nextTick, ref } from 'vue'
import { onlyDeliberately, useCombobox } from './use-combobox.js'

let unmount = () => {}
afterEach(() => unmount())

/** A form with a plain field, a combobox and a button. */
function mountForm(names: readonly string[] = ['ann', 'bob', 'cid']) {
  const offered = ref(names)
  const stale = ref(false)
  const chosen: string[] = []
  let submitted = 0
  const Form = defineComponent(() => {
    const { field, list, option } = useCombobox<string>({
      options: () => offered.value,
      stale: () => stale.value,
      choose: (name) => chosen.push(name),
    })
    const submit = (event: Event) => {
      event.preventDefault()
      submitted++
    }
    return () =>
      h('form', { onSubmit: submit, onKeydown: onlyDeliberately }, [
        h('input', { id: 'name' }),
        h('input', { id: 'people', ...field.value }),
        h(
          'div',
          list,
          offered.value.map((name, index) => h('button', { type: 'button', ...option(index) }, name)),
        ),
        h('button', { type: 'submit' }, 'Create'),
      ])
  })
  const root = document.createElement('div')
  document.body.append(root)
  const app = createApp(Form)
  app.mount(root)
  unmount = () => {
    app.unmount()
    root.remove()
  }
  const input = (id: string) => root.querySelector<HTMLInputElement>(`#${id}`)!
  /** True: the browser may do what the key does by itself, which for Enter in a form is to send it. */
  const press = async (key: string, more: KeyboardEventInit = {}, id = 'people') => {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more })
    const kept = input(id).dispatchEvent(event)
    await nextTick()
    return kept
  }
  const highlighted = () => {
    const id = input('people').getAttribute('aria-activedescendant')
    return id === null ? undefined : document.getElementById(id)?.textContent
  }
  return { offered, stale, chosen, press, highlighted, input, submitted: () => submitted }
}

test('the arrows move the highlight, round the ends, while the focus stays in the field', async () => {
  const form = mountForm()
  form.input('people').focus()
  expect(form.highlighted()).toBe('ann')
  await form.press('ArrowDown')
  expect(form.highlighted()).toBe('bob')
  await form.press('ArrowUp')
  await form.press('ArrowUp')
  expect(form.highlighted()).toBe('cid')
  expect(document.activeElement).toBe(form.input('people'))
})

test('Enter chooses the highlighted one and never sends the form, with options or without', async () => {
  const form = mountForm()
  await form.press('ArrowDown')
  expect(await form.press('Enter')).toBe(false)
  expect(form.chosen).toEqual(['bob'])
  form.offered.value = []
  await nextTick()
  expect(form.highlighted()).toBeUndefined()
  expect(await form.press('Enter')).toBe(false)
  expect([form.chosen, form.submitted()]).toEqual([['bob'], 0])
})

test('Enter chooses nothing that answers an earlier text', async () => {
  const form = mountForm()
  form.stale.value = true
  await form.press('Enter')
  expect(form.chosen).toEqual([])
})

test.each(['ctrlKey', 'metaKey'])('Enter with %s sends the form from any of its fields', async (key) => {
  const form = mountForm()
  await form.press('Enter', { [key]: true })
  await form.press('Enter', { [key]: true }, 'name')
  expect([form.chosen, form.submitted()]).toEqual([[], 2])
})

test('Enter alone in another field of the form sends nothing', async () => {
  const form = mountForm()
  expect(await form.press('Enter', {}, 'name')).toBe(false)
  expect(form.submitted()).toBe(0)
})

test('Enter of an input method chooses nothing', async () => {
  const form = mountForm()
  await form.press('Enter', { isComposing: true })
  expect(form.chosen).toEqual([])
})

test('new options start with the first highlighted', async () => {
  const form = mountForm()
  await form.press('ArrowDown')
  form.offered.value = ['eve', 'kim']
  await nextTick()
  await nextTick()
  expect(form.highlighted()).toBe('eve')
})
