import { afterEach, beforeAll, expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { createApp, defineComponent, h, reactive, ref } from 'vue'
import { allWords } from '../../i18n/index.js'
import SaveButton from '../controls/SaveButton.vue'
import TextField from '../controls/TextField.vue'
import { useEdits } from '../use/use-edits.js'
import Modal from './Modal.vue'
import { modalOpen } from './modal-open.js'

beforeAll(allWords)
let unmount = () => {}
afterEach(() => unmount())

/** A dialog with a form; `stored` is what the server has. */
async function mounted() {
  const open = ref(true)
  const stored = reactive({ name: 'Ann' })
  const Form = defineComponent({
    setup() {
      const { edited, changed, saved, saving } = useEdits(() => ({ name: stored.name }))
      const save = (event: Event) => {
        event.preventDefault()
        saving()()
      }
      return () =>
        h('form', { onSubmit: save }, [
          h(TextField, {
            label: 'Name',
            modelValue: edited.name,
            'onUpdate:modelValue': (now: string) => (edited.name = now),
          }),
          h(SaveButton, { changed: changed.value, saved: saved.value, busy: false }),
        ])
    },
  })
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp({
    render: () =>
      h(
        Modal,
        { open: open.value, 'onUpdate:open': (now: boolean) => (open.value = now), title: 'Profile' },
        { default: () => h(Form) },
      ),
  })
  app.mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
  }
  await expect.poll(() => document.querySelector('[role=dialog] input')).toBeTruthy()
  return { open, stored, field: document.querySelector('[role=dialog] input') as HTMLInputElement }
}
const button = (text: string) =>
  [...document.querySelectorAll<HTMLButtonElement>('[role=dialog] button')].find(
    (one) => one.textContent?.trim() === text,
  )
const asks = () => document.querySelector('[role=alertdialog]') !== null

test('Save waits for a change, and says that it is saved until the next one', async () => {
  const { field } = await mounted()
  expect(button('Save')?.disabled).toBe(true)
  await userEvent.fill(field, 'Anna')
  await expect.poll(() => button('Save')?.disabled).toBe(false)
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => button('Saved')?.disabled).toBe(true)
  await userEvent.keyboard('B')
  await expect.poll(() => button('Save')?.disabled).toBe(false)
  await userEvent.keyboard('{Backspace}')
  await expect.poll(() => button('Save')?.disabled).toBe(true)
})

test('a dialog with changes asks before it closes, and only then', async () => {
  const { open, field } = await mounted()
  await userEvent.fill(field, 'Anna')
  await userEvent.keyboard('{Escape}')
  await expect.poll(asks).toBe(true)
  expect([open.value, document.activeElement?.textContent]).toEqual([true, 'Go back'])
  await userEvent.keyboard('{Escape}')
  await expect.poll(asks).toBe(false)
  expect([open.value, field.value]).toEqual([true, 'Anna'])
  await userEvent.click(document.querySelector('[aria-label=Close]') as HTMLElement)
  await expect.poll(asks).toBe(true)
  await userEvent.click(button('Close anyway') as HTMLElement)
  await expect.poll(() => open.value).toBe(false)
})

test('one without changes closes at once', async () => {
  const { open } = await mounted()
  expect(modalOpen.value).toBe(true)
  await userEvent.keyboard('{Escape}')
  await expect.poll(() => open.value).toBe(false)
  expect(modalOpen.value).toBe(false)
})

test('what somebody else changes meanwhile is shown, but not over what one is writing', async () => {
  const { field, stored } = await mounted()
  stored.name = 'Anne'
  await expect.poll(() => field.value).toBe('Anne')
  await userEvent.fill(field, 'Anna')
  stored.name = 'Annie'
  await expect.poll(() => button('Save')?.disabled).toBe(false)
  expect(field.value).toBe('Anna')
})
