import { afterEach, describe, expect, test } from 'vitest'
import { createApp, defineComponent, h, nextTick, reactive, ref } from 'vue'
import AnchoredList from './AnchoredList.vue'
import type { ListHandle } from './anchor.js'

interface Row {
  readonly key: string
  readonly height: number
}
const heightOf = (i: number) => 24.5 + ((i * 7919) % 180)
const rowsOf = (from: number, to: number): Row[] =>
  Array.from({ length: to - from }, (_, k) => ({ key: `m${from + k}`, height: heightOf(from + k) }))
const frames = async (count = 4) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => requestAnimationFrame(resolve))
}

let unmount: () => void = () => undefined
afterEach(() => unmount())

/** A list in a view of 400 by 300 pixels. */
async function mounted(rows: Row[], options: { deferred?: boolean } = {}) {
  const state = reactive({ rows, sticks: true, width: 300, height: 400, before: 0 })
  const handle = ref<ListHandle>()
  const place = document.createElement('div')
  document.body.append(place)
  const List = AnchoredList as unknown as ReturnType<typeof defineComponent>
  const app = createApp({
    render: () =>
      h(
        List,
        {
          ref: handle,
          items: state.rows,
          sticks: state.sticks,
          ...(options.deferred === undefined ? {} : options),
          style: { height: `${state.height}px`, width: `${state.width}px` },
          'data-testid': 'scroll',
        },
        {
          before: () => h('div', { style: { height: `${state.before}px` } }),
          default: ({ item }: { item: Row }) =>
            h(
              'div',
              { 'data-id': item.key, style: { minHeight: `${item.height}px`, margin: '8px 0' } },
              // Wraps: its height depends on the width of the view.
              `${item.key} ${'word '.repeat(Number(item.key.slice(1)) % 30)}`,
            ),
        },
      ),
  })
  app.mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
  }
  await frames()
  const scroll = place.querySelector('[data-testid=scroll]') as HTMLElement
  const top = (key: string) => {
    const row = place.querySelector(`[data-id="${key}"]`)
    return row ? row.getBoundingClientRect().top - scroll.getBoundingClientRect().top : Number.NaN
  }
  const bottom = (key: string) => {
    const row = place.querySelector(`[data-id="${key}"]`) as HTMLElement
    return scroll.getBoundingClientRect().bottom - row.getBoundingClientRect().bottom
  }
  /** First row that begins inside the view. */
  const anchor = () =>
    [...place.querySelectorAll<HTMLElement>('[data-id]')]
      .map((row) => row.dataset.id ?? '')
      .find((key) => top(key) >= 0) ?? ''
  /** The largest distance of a row from its original position, in any frame after a change. */
  async function drift(key: string, change: () => void, edge: (key: string) => number = top): Promise<number> {
    const before = edge(key)
    change()
    let most = 0
    for (let i = 0; i < 20; i++) {
      await frames(1)
      most = Math.max(most, Math.abs(edge(key) - before))
    }
    return most
  }
  const scrollBy = async (pixels: number) => {
    scroll.scrollTop += pixels
    await frames()
  }
  return { state, handle, scroll, top, bottom, anchor, drift, scrollBy }
}

/** Rounding to device pixels may cost half a pixel. */
const NOTHING = 0.51

describe('in the middle of the history nothing moves when', () => {
  test('older pages are added above', async () => {
    const { state, drift, anchor, scrollBy } = await mounted(rowsOf(9_800, 10_000))
    await scrollBy(-2_500)
    for (let page = 0; page < 3; page++) {
      const first = 9_800 - page * 50
      const moved = await drift(anchor(), () => {
        state.rows = [...rowsOf(first - 50, first), ...state.rows]
      })
      expect(moved).toBeLessThan(NOTHING)
      await scrollBy(-900)
    }
  })

  test('the reader is at the very top', async () => {
    const { state, drift, anchor, scroll } = await mounted(rowsOf(9_900, 10_000))
    scroll.scrollTop = 0
    await frames()
    const moved = await drift(anchor(), () => {
      state.rows = [...rowsOf(9_850, 9_900), ...state.rows]
    })
    expect(moved).toBeLessThan(NOTHING)
  })

  test('messages are added below', async () => {
    const { state, drift, anchor, scrollBy } = await mounted(rowsOf(0, 200))
    await scrollBy(-3_000)
    const moved = await drift(anchor(), () => {
      state.rows = [...state.rows, ...rowsOf(200, 220)]
    })
    expect(moved).toBeLessThan(NOTHING)
  })

  test.each([
    ['a message above is edited and grows', -2, 160],
    ['a message above is edited and shrinks', -2, -20],
    ['a picture above has loaded', -1, 320],
    ['a reaction comes to the message that the view cuts', -1, 34],
    ['a link preview comes in far above', -12, 240],
    ['a message below grows', 3, 200],
  ])('%s', async (_, distance, growth) => {
    const { state, drift, anchor, scrollBy } = await mounted(rowsOf(0, 200))
    await scrollBy(-4_000)
    const key = anchor()
    const index = state.rows.findIndex((row) => row.key === key) + distance
    const moved = await drift(key, () => {
      state.rows = state.rows.map((row, i) => (i === index ? { ...row, height: row.height + growth } : row))
    })
    expect(moved).toBeLessThan(NOTHING)
  })

  test('messages are deleted above, below, and first in the view', async () => {
    const { state, drift, anchor, scrollBy, top } = await mounted(rowsOf(0, 200))
    await scrollBy(-4_000)
    const key = anchor()
    const index = state.rows.findIndex((row) => row.key === key)
    for (const gone of [index - 1, index - 30, index + 2]) {
      const goneKey = `m${gone}`
      const moved = await drift(key, () => {
        state.rows = state.rows.filter((row) => row.key !== goneKey)
      })
      expect(moved).toBeLessThan(NOTHING)
    }
    const next = state.rows[state.rows.findIndex((row) => row.key === key) + 1]?.key ?? ''
    const before = top(next)
    state.rows = state.rows.filter((row) => row.key !== key)
    await frames()
    expect(Math.abs(top(next) - before)).toBeLessThan(NOTHING)
  })

  test('the window becomes narrower and wider, lower and higher', async () => {
    const { state, drift, anchor, scrollBy } = await mounted(rowsOf(0, 400))
    await scrollBy(-5_000)
    for (const width of [180, 420, 300]) {
      const moved = await drift(anchor(), () => {
        state.width = width
      })
      expect(moved).toBeLessThan(NOTHING)
    }
    for (const height of [250, 600]) {
      const moved = await drift(anchor(), () => {
        state.height = height
      })
      expect(moved).toBeLessThan(NOTHING)
    }
  })

  test('the content before the first row changes its height', async () => {
    const { state, drift, anchor, scroll } = await mounted(rowsOf(0, 60))
    state.before = 64
    await frames()
    scroll.scrollTop = 300
    await frames()
    const moved = await drift(anchor(), () => {
      state.before = 180
    })
    expect(moved).toBeLessThan(NOTHING)
  })

  test('the reader scrolls up through rows that were never measured', async () => {
    const { scroll, anchor, top } = await mounted(rowsOf(0, 2_000))
    for (let i = 0; i < 60; i++) {
      const key = anchor()
      const before = top(key)
      scroll.scrollTop -= 120
      await frames(1)
      const after = top(key)
      // The row may have left the view, but if it is there, it has moved by the scrolled distance.
      if (!Number.isNaN(after)) expect(Math.abs(after - before - 120)).toBeLessThan(1.01)
    }
  })

  test('corrections wait for the end of a scroll, where writing the position would stop it', async () => {
    const { scroll, anchor, top } = await mounted(rowsOf(0, 2_000), { deferred: true })
    for (let i = 0; i < 30; i++) {
      const key = anchor()
      const before = top(key)
      scroll.scrollTop -= 120
      const wanted = scroll.scrollTop
      await frames(1)
      expect(Math.abs(scroll.scrollTop - wanted)).toBeLessThan(NOTHING)
      expect(Math.abs(top(key) - before - 120)).toBeLessThan(1.01)
    }
    const key = anchor()
    const before = top(key)
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect(Math.abs(top(key) - before)).toBeLessThan(NOTHING)
  })
})

describe('at the end, the newest message keeps its place when', () => {
  test.each([
    ['it grows itself', 0],
    ['a picture above it has loaded', -1],
    ['something far above grows', -8],
  ])('%s', async (_, distance) => {
    const { state, drift, bottom } = await mounted(rowsOf(0, 100))
    const index = 99 + distance
    const moved = await drift(
      'm99',
      () => {
        state.rows = state.rows.map((row, i) => (i === index ? { ...row, height: row.height + 120 } : row))
      },
      bottom,
    )
    expect(moved).toBeLessThan(NOTHING)
  })

  test('the window changes', async () => {
    const { state, drift, bottom } = await mounted(rowsOf(0, 100))
    for (const change of [{ width: 200 }, { height: 250 }, { width: 400, height: 500 }])
      expect(await drift('m99', () => Object.assign(state, change), bottom)).toBeLessThan(NOTHING)
  })

  test('a message arrives: it comes into view', async () => {
    const { state, bottom, scroll } = await mounted(rowsOf(0, 100))
    state.rows = [...state.rows, ...rowsOf(100, 103)]
    await nextTick()
    expect(Math.abs(bottom('m102') - 8)).toBeLessThan(NOTHING)
    expect(scroll.scrollHeight - scroll.clientHeight - scroll.scrollTop).toBeLessThan(1)
  })
})

test('a few messages are at the bottom of the view', async () => {
  const { bottom } = await mounted(rowsOf(1, 3))
  expect(Math.abs(bottom('m2') - 8)).toBeLessThan(NOTHING)
})

test('a row that was never rendered is scrolled to, exactly', async () => {
  const { handle, top, bottom, scroll } = await mounted(rowsOf(0, 5_000))
  expect(await handle.value?.scrollTo('m1200', 64)).toBe(true)
  await frames()
  expect(Math.abs(top('m1200') - (64 + 8))).toBeLessThan(NOTHING)
  await handle.value?.scrollTo('m3333', 'middle')
  await frames()
  expect(Math.abs(top('m3333') - (scroll.clientHeight - bottom('m3333') - top('m3333')) / 2)).toBeLessThan(400)
  expect(top('m3333')).toBeGreaterThan(0)
  expect(bottom('m3333')).toBeGreaterThan(0)
  await handle.value?.scrollTo('m4999', 'middle')
  await frames()
  expect(Math.abs(bottom('m4999') - 8)).toBeLessThan(NOTHING)
  expect(await handle.value?.scrollTo('nowhere', 0)).toBe(false)
})

test('a saved place is restored by its row', async () => {
  const { handle, state, top, scrollBy } = await mounted(rowsOf(0, 500))
  await scrollBy(-7_000)
  const place = handle.value?.place()
  if (!place) throw new Error('no place')
  const before = top(place.key)
  await handle.value?.scrollToEnd()
  state.rows = [...rowsOf(900, 950), ...state.rows, ...rowsOf(500, 520)]
  await frames()
  await handle.value?.scrollTo(place.key, place.top)
  await frames()
  expect(Math.abs(top(place.key) - before)).toBeLessThan(NOTHING)
})
