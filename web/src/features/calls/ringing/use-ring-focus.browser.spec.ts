import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { createApp, defineComponent, h, ref, useTemplateRef } from 'vue'
import { allWords } from '../../../i18n/index.js'
import Above from '../../../ui/overlays/Above.vue'
import Modal from '../../../ui/overlays/Modal.vue'
import { useRingFocus } from './use-ring-focus.js'

/** A card that rings over an open dialog, with a real keyboard and a real pointer. */
beforeAll(allWords)
let leave: () => void = () => undefined
const did: string[] = []
beforeEach(() => void did.splice(0))
afterEach(() => leave())

const Card = defineComponent({
  setup() {
    const card = useTemplateRef<HTMLElement>('card')
    const take = useRingFocus(() => card.value ?? undefined)
    return { card, take }
  },
  mounted() {
    this.take()
  },
  render: () =>
    h(Above, () =>
      h('div', { ref: 'card', role: 'alertdialog', tabindex: -1, style: 'position: fixed; top: 0; z-index: 55' }, [
        h('button', { type: 'button', id: 'decline', onClick: () => did.push('declined') }, 'Decline'),
        h('button', { type: 'button', id: 'accept', onClick: () => did.push('accepted') }, 'Accept'),
      ]),
    ),
})

async function world({ open, rings }: { open: boolean; rings: boolean }) {
  const [isOpen, isRinging] = [ref(open), ref(rings)]
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp({
    render: () => [
      h('button', { id: 'behind' }, 'Behind'),
      h(
        Modal,
        { open: isOpen.value, title: 'Settings', 'onUpdate:open': (stays: boolean) => (isOpen.value = stays) },
        () => [h('input', { id: 'field' }), h('button', { id: 'save', type: 'button' }, 'Save')],
      ),
      isRinging.value ? h(Card) : undefined,
    ],
  })
  app.mount(place)
  leave = () => {
    app.unmount()
    place.remove()
  }
  if (open) await expect.poll(() => document.querySelector('#field')).not.toBeNull()
  const focus = () => (document.activeElement as HTMLElement | null)?.id || document.activeElement?.role
  return { isOpen, isRinging, focus }
}
const at = (id: string) => document.getElementById(id) as HTMLElement
const isHidden = () => at('accept').closest('[aria-hidden="true"], [inert]') !== null

test.each([
  ['opened before it', true],
  ['opened after it', false],
])('a dialog that was %s leaves the card to eyes, pointer and screen readers', async (_, first) => {
  const { isOpen, isRinging } = await world({ open: first, rings: !first })
  ;(first ? isRinging : isOpen).value = true
  await expect.poll(() => document.querySelector('#accept') && document.querySelector('#field')).not.toBeNull()
  await expect.poll(() => getComputedStyle(document.body).pointerEvents).toBe('none')
  const box = at('accept').getBoundingClientRect()
  expect(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)).toBe(at('accept'))
  expect(isHidden()).toBe(false)
  await userEvent.click(at('accept'))
  // The dialog stays open: nobody has pressed outside of it.
  expect([did, isOpen.value]).toEqual([['accepted'], true])
})

test('it is answered by keyboard while a dialog holds the focus, and gives the focus back', async () => {
  const { isRinging, focus } = await world({ open: true, rings: false })
  at('field').focus()
  isRinging.value = true
  await expect.poll(() => document.querySelector('#accept')).not.toBeNull()
  // Somebody types: nothing is taken away from them, and the first Tab leads to the card.
  expect(focus()).toBe('field')
  await userEvent.keyboard('{Tab}')
  expect(focus()).toBe('alertdialog')
  await userEvent.keyboard('{Tab}{Tab}')
  expect(focus()).toBe('accept')
  await userEvent.keyboard('{Enter}')
  expect(did).toEqual(['accepted'])
  isRinging.value = false
  await expect.poll(focus).toBe('field')
})

test('it takes the focus from somebody who is not typing, but presses nothing by itself', async () => {
  const { isRinging, focus } = await world({ open: false, rings: false })
  at('behind').focus()
  isRinging.value = true
  await expect.poll(focus).toBe('alertdialog')
  await userEvent.keyboard('{Enter} ')
  expect(did).toEqual([])
  isRinging.value = false
  await expect.poll(focus).toBe('behind')
})
