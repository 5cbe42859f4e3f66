import { afterEach, expect, test } from 'vitest'
import { effectScope, ref } from 'vue'
import { useSwipe } from './use-swipe.js'

const scope = { current: effectScope() }
afterEach(() => {
  scope.current.stop()
  document.body.replaceChildren()
})

function pad(html = '') {
  const element = document.createElement('div')
  element.style.cssText = 'width: 300px; height: 300px'
  element.innerHTML = html
  document.body.append(element)
  const seen: string[] = []
  scope.current = effectScope()
  scope.current.run(() =>
    useSwipe(ref(element), (direction) => {
      seen.push(`begin ${direction}`)
      return { move: (dx) => seen.push(`move ${dx}`), end: (dx) => seen.push(`end ${dx}`) }
    }),
  )
  const finger = (type: string, x: number, y: number, on: Element = element, pointerType = 'touch') =>
    on.dispatchEvent(
      new PointerEvent(type, { clientX: x, clientY: y, pointerId: 1, pointerType, isPrimary: true, bubbles: true }),
    )
  element.setPointerCapture = () => {}
  return { element, seen, finger }
}

test('a horizontal swipe is followed', () => {
  const { seen, finger } = pad()
  finger('pointerdown', 50, 50)
  finger('pointermove', 55, 50)
  finger('pointermove', 80, 52)
  finger('pointermove', 120, 55)
  finger('pointerup', 130, 55)
  expect(seen).toEqual(['begin 1', 'move 30', 'move 70', 'end 80'])
})
test('a scrolling finger is not', () => {
  const { seen, finger } = pad()
  finger('pointerdown', 50, 50)
  finger('pointermove', 55, 90)
  finger('pointermove', 150, 95)
  expect(seen).toEqual([])
})
test('a swipe that the system takes over is reset', () => {
  const { seen, finger } = pad()
  finger('pointerdown', 150, 50)
  finger('pointermove', 100, 50)
  finger('pointercancel', 80, 50)
  expect(seen).toEqual(['begin -1', 'move -50', 'end 0'])
})
test('a mouse drags nothing, and neither does a finger on content that scrolls sideways itself', () => {
  const { element, seen, finger } = pad(
    '<pre style="overflow-x: auto; width: 100px"><p style="width: 500px">x</p></pre>',
  )
  finger('pointerdown', 50, 50, element, 'mouse')
  finger('pointermove', 150, 50, element, 'mouse')
  const inside = element.querySelector('p') as Element
  finger('pointerdown', 50, 50, inside)
  finger('pointermove', 150, 50, inside)
  expect(seen).toEqual([])
})
