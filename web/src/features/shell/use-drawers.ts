import { GroupKind } from '@beseda/proto/group/v1/events'
import { useMediaQuery } from '@vueuse/core'
import { computed, nextTick, type Ref, ref, watch } from 'vue'
import type { RouteLocationNormalizedLoaded, Router } from 'vue-router'
import { useChat } from '../../stores/chat.js'
import { usePanel } from '../../stores/panel.js'
import { type Drag, goesOn, useSwipe } from '../../ui/use/use-swipe.js'
import { pullOf } from './drawers.js'

interface Parts {
  readonly stage: Readonly<Ref<HTMLElement | null>>
  /** Offset of the conversation in px while it is dragged. */
  readonly pulled: Ref<number | undefined>
  readonly route: RouteLocationNormalizedLoaded
  readonly router: Router
}

/** Panels and columns that follow a swipe in and out. */
export function useDrawers({ stage, pulled, route, router }: Parts): void {
  const chat = useChat()
  const panel = usePanel()
  const phone = useMediaQuery('(max-width: 767px)')
  const narrow = useMediaQuery('(max-width: 1023px)')
  const openId = computed(() => String(route.params.groupId ?? ''))
  const lastId = ref('')
  watch(openId, (now, before) => {
    lastId.value = now === '' ? (before ?? '') : ''
  })
  const width = () => stage.value?.clientWidth ?? innerWidth
  const panelWidth = () => stage.value?.querySelector('[data-drawer]')?.clientWidth ?? width()

  /** Animates a part from where the finger left it to its place. */
  async function glide(at: Ref<number | undefined>, to: number): Promise<void> {
    const from = at.value ?? to
    const ms = matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 180
    const start = performance.now()
    while (at.value !== undefined) {
      const done = ms === 0 ? 1 : Math.min(1, (performance.now() - start) / ms)
      at.value = from + (to - from) * (1 - (1 - done) ** 3)
      if (done === 1) break
      await new Promise(requestAnimationFrame)
    }
  }
  const drag = computed({
    get: () => panel.drag,
    set: (px) => {
      panel.drag = px
    },
  })

  const closePanel = (): Drag => ({
    move: (dx) => {
      panel.drag = Math.max(0, dx)
    },
    end: async (dx, velocity) => {
      const gone = goesOn(dx, velocity, 1, panelWidth())
      await glide(drag, gone ? panelWidth() : 0)
      if (gone) panel.close()
      panel.drag = undefined
    },
  })
  function openPanel(): Drag {
    panel.drag = width()
    panel.open('members')
    return {
      move: (dx) => {
        panel.drag = Math.max(0, panelWidth() + dx)
      },
      end: async (dx, velocity) => {
        const there = goesOn(dx, velocity, -1, panelWidth())
        await glide(drag, there ? 0 : panelWidth())
        if (!there) panel.close()
        panel.drag = undefined
      },
    }
  }
  const backToList = (): Drag => ({
    move: (dx) => {
      pulled.value = Math.max(0, dx)
    },
    end: async (dx, velocity) => {
      const gone = goesOn(dx, velocity, 1, width())
      await glide(pulled, gone ? width() : 0)
      if (gone) await router.push({ name: 'home' })
      pulled.value = undefined
    },
  })
  function backToConversation(): Drag {
    pulled.value = width()
    void router.push({ name: 'conversation', params: { groupId: lastId.value } })
    return {
      move: (dx) => {
        pulled.value = Math.max(0, width() + dx)
      },
      end: async (dx, velocity) => {
        const there = goesOn(dx, velocity, -1, width())
        await glide(pulled, there ? 0 : width())
        if (!there) router.back()
        await nextTick()
        pulled.value = undefined
      },
    }
  }
  const DRAGS = {
    'close panel': closePanel,
    'open panel': openPanel,
    'back to list': backToList,
    'back to conversation': backToConversation,
  }

  useSwipe(stage, (direction) => {
    const group = chat.conversations.get(openId.value)
    const pull = pullOf(direction, {
      phone: phone.value,
      narrow: narrow.value,
      inConversation: openId.value !== '',
      panelOpen: panel.current !== undefined,
      isGroup: group !== undefined && group.kind !== GroupKind.DIRECT,
      hasLast: chat.conversations.has(lastId.value),
    })
    return pull && DRAGS[pull]()
  })
}
