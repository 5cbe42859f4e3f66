import { afterEach, expect, test } from 'vitest'
import { refuseStrayDrops } from './stray-drops.js'

let end = () => {}
const field = document.createElement('textarea')
document.body.append(field)
afterEach(() => end())

/** Whether the browser would open what is dropped. */
function opens(target: Element, put: (data: DataTransfer) => void): boolean {
  const data = new DataTransfer()
  put(data)
  const events = ['dragenter', 'dragover', 'drop'].map(
    (type) => new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }),
  )
  for (const event of events) target.dispatchEvent(event)
  return events.every(({ defaultPrevented }) => !defaultPrevented)
}
const file = (data: DataTransfer) => void data.items.add(new File(['x'], 'x.txt'))
const words = (data: DataTransfer) => data.setData('text/plain', 'words')

const link = (data: DataTransfer) => data.setData('text/uri-list', 'https://example.org')

test('a file that is dropped anywhere is not opened in place of the page; words may be dropped into a field', () => {
  expect(opens(document.body, file)).toBe(true)
  end = refuseStrayDrops()
  for (const place of [document.body, field]) expect(opens(place, file)).toBe(false)
  expect(opens(document.body, link)).toBe(false)
  for (const put of [words, link]) expect(opens(field, put)).toBe(true)
})
