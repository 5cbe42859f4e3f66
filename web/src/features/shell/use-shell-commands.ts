import { GroupKind } from '@beseda/proto/group/v1/events'
import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { ESCAPE, stepBack, useEscape } from '../../commands/escape.js'
import { cycleLandmarks } from '../../commands/landmarks.js'
import { type Command, useCommands } from '../../commands/registry.js'
import { useKeyBindings } from '../../commands/use-key-bindings.js'
import { useI18n } from '../../i18n/index.js'
import { useAccount } from '../../stores/account.js'
import { useChat } from '../../stores/chat.js'
import { type DialogName, useDialogs } from '../../stores/dialogs.js'
import { type PanelName, usePanel } from '../../stores/panel.js'
import { signOut } from '../auth/leaving.js'
import { hasNew } from './list/list-parts.js'
import { useList } from './list/use-list.js'
import { neighbourOf } from './neighbours.js'
import { useLookCommands } from './use-look-commands.js'

/** Keys that the composer and the list of messages handle themselves; listed here for the help. */
const TOLD = [
  ['writeSend', 'Enter'],
  ['writeLine', 'Shift+Enter'],
  ['editLast', 'ArrowUp'],
  ['reply', 'R'],
  ['edit', 'E'],
  ['thread', 'T'],
  ['copy', 'C'],
  ['markUnread', 'U'],
] as const

/** Keys of the call window, which it handles itself. */
const TOLD_OF_CALLS = [
  ['callMicrophone', 'M'],
  ['callCamera', 'V'],
  ['callScreen', 'S'],
  ['callDeafen', 'D'],
  ['callTalk', 'Space'],
  ['callStats', 'I'],
  ['callPicture', 'P'],
  ['callResize', 'F'],
  ['callBack', 'Escape'],
] as const

/** Commands that are available everywhere in the shell, and their shortcuts. */
export function useShellCommands(toggleList: () => void): void {
  const { t } = useI18n()
  const [route, router] = [useRoute(), useRouter()]
  const account = useAccount()
  const dialogs = useDialogs()
  const panel = usePanel()
  const chat = useChat()
  const list = useList()
  const openId = computed(() => (route.params.groupId === undefined ? undefined : String(route.params.groupId)))
  const opened = computed(() => chat.conversations.get(openId.value ?? ''))

  const step = (by: 1 | -1, unread: boolean) => () => {
    const next = neighbourOf(list.order, openId.value, by, { unread })
    if (next) void router.push({ name: 'conversation', params: { groupId: next.id } })
  }
  const go = (id: string, keys: string, by: 1 | -1, unread: boolean): Command => ({
    id,
    section: 'go',
    title: () => t(`commands.${id}`),
    keys: [keys],
    run: step(by, unread),
    keysOnly: true,
  })
  const show = (id: DialogName, section: 'go' | 'app', keys: readonly string[], overDialogs = false): Command => ({
    id,
    section,
    title: () => t(`commands.${id}`),
    keys,
    run: () => dialogs.open(id),
    overDialogs,
    keysOnly: id === 'palette',
  })
  const beside = (name: PanelName, keys: readonly string[], groupsOnly = false): Command => ({
    id: name,
    section: 'conversation',
    title: () => t(`commands.${name}`),
    keys,
    run: () => panel.toggle(name),
    enabled: () => opened.value !== undefined && !(groupsOnly && opened.value.kind === GroupKind.DIRECT),
  })

  useKeyBindings()
  useLookCommands()
  useCommands([
    show('palette', 'go', ['Mod+K'], true),
    show('inbox', 'go', ['Mod+Shift+M']),
    show('threads', 'go', ['Alt+Shift+H']),
    { ...show('schedule', 'go', []), keys: [] },
    go('next', 'Alt+ArrowDown', 1, false),
    go('previous', 'Alt+ArrowUp', -1, false),
    go('nextUnread', 'Alt+Shift+ArrowDown', 1, true),
    go('previousUnread', 'Alt+Shift+ArrowUp', -1, true),
    { id: 'home', section: 'go', title: () => t('commands.home'), run: () => router.push({ name: 'home' }) },
    {
      id: 'nextRegion',
      section: 'go',
      title: () => t('commands.nextRegion'),
      keys: ['F6'],
      run: () => cycleLandmarks(1),
      keysOnly: true,
    },
    {
      id: 'previousRegion',
      section: 'go',
      title: () => t('commands.previousRegion'),
      keys: ['Shift+F6'],
      run: () => cycleLandmarks(-1),
      keysOnly: true,
    },
    {
      id: 'back',
      section: 'go',
      title: () => t('commands.back'),
      keys: ['Escape'],
      run: stepBack,
      keysOnly: true,
    },
    {
      id: 'markAllRead',
      section: 'go',
      title: () => t('commands.markAllRead'),
      keys: ['Shift+Escape'],
      run: async () => (await import('./list/mark-all-read.js')).markAllRead(),
      enabled: () => chat.list.some(hasNew),
    },
    beside('search', ['Mod+Shift+F']),
    beside('members', ['Mod+Shift+U'], true),
    beside('pins', ['Mod+Shift+P']),
    beside('info', []),
    { ...show('newGroup', 'app', []), keys: ['Alt+Shift+G'] },
    { ...show('newDirect', 'app', []), keys: ['Alt+Shift+D'] },
    { ...show('discover', 'app', []), keys: [] },
    show('settings', 'app', ['Mod+,']),
    {
      id: 'admin',
      section: 'app',
      title: () => t('commands.admin'),
      run: () => router.push({ name: 'admin' }),
      enabled: () => account.me?.administrator === true,
    },
    show('help', 'app', ['?', 'Mod+/']),
    ...TOLD.map(([id, ...keys]) => ({ id, section: 'message' as const, title: () => t(`help.${id}`), keys })),
    ...TOLD_OF_CALLS.map(([id, keys]) => ({
      id,
      section: 'call' as const,
      title: () => t(`help.${id}`),
      keys: [keys],
    })),
    { id: 'list', section: 'app', title: () => t('commands.list'), keys: ['Mod+Shift+L'], run: toggleList },
    {
      id: 'signOut',
      section: 'app',
      title: () => t('shell.signOut'),
      run: () => signOut().then(() => router.push({ name: 'sign-in' })),
    },
  ])

  useEscape(ESCAPE.panel, () => {
    if (!panel.chosen) return false
    if (panel.current === 'thread' && openId.value) chat.closeThread(openId.value)
    panel.close()
    return true
  })
  /** The last binding of Escape moves the focus to the composer. */
  useEscape(ESCAPE.focus, () => {
    const box = document.querySelector<HTMLElement>('main textarea')
    if (!box || box === document.activeElement) return false
    box.focus()
    return true
  })
}
