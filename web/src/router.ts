import { watch } from 'vue'
import { createRouter, createWebHistory, type RouteComponent, type RouteLocationNormalized } from 'vue-router'
import { nextPlace } from './features/auth/next-place.js'
import Register from './features/auth/Register.vue'
import SignIn from './features/auth/SignIn.vue'
import { adminWords, allWords, seldomWords } from './i18n/index.js'
import { endedElsewhere, session } from './net/stored-session.js'

/** A page behind the sign-in, which needs more texts than the sign-in pages. */
const inside =
  (page: () => Promise<{ default: RouteComponent }>, more: () => Promise<void> = async () => undefined) =>
  async () =>
    (await Promise.all([page(), allWords().then(more)]))[0]

/** The shell and what it shows are one file (build/chunks.ts), requested once. */
const screens = () => import('./features/shell/screens.js')
/** What a link of a letter leads to, and whoever has forgotten a password. */
const byLetter = (page: 'ResetPassword' | 'ForgotPassword' | 'ConfirmEmail' | 'Unsubscribe') => ({
  component: inside(
    async () => ({ default: (await import('./features/auth/by-letter/by-link.js'))[page] }),
    seldomWords,
  ),
  meta: { open: true },
})

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/sign-in', name: 'sign-in', component: SignIn, meta: { open: true } },
    {
      path: '/sign-in/done',
      component: () => import('./features/auth/ProviderReturn.vue'),
      meta: { open: true },
    },
    { path: '/register', name: 'register', component: Register, meta: { open: true } },
    { path: '/reset/:code?', ...byLetter('ResetPassword') },
    { path: '/forgot-password', ...byLetter('ForgotPassword') },
    { path: '/confirm-email/:code?', ...byLetter('ConfirmEmail') },
    { path: '/unsubscribe/:code?', ...byLetter('Unsubscribe') },
    {
      path: '/invite/:code',
      name: 'invite',
      component: inside(() => import('./features/invites/InvitePage.vue'), seldomWords),
      meta: { open: true },
    },
    {
      path: '/',
      component: inside(async () => ({ default: (await screens()).Shell })),
      children: [
        { path: '', name: 'home', component: inside(() => import('./features/shell/list/Nothing.vue')) },
        {
          path: 'share',
          name: 'share',
          component: inside(() => import('./features/share/ShareInto.vue'), seldomWords),
        },
        {
          path: 'c/:groupId',
          name: 'conversation',
          component: async () => {
            const { ConversationView, fetchBeside } = await screens()
            await fetchBeside()
            return ConversationView
          },
        },
      ],
    },
    // What a calendar holds of a scheduled call.
    {
      path: '/g/:groupId/call/:call',
      redirect: ({ params: { groupId, call } }) => ({ name: 'conversation', params: { groupId }, query: { call } }),
    },
    {
      path: '/admin/:tab?',
      name: 'admin',
      component: inside(
        () => import('./features/admin/AdminPage.vue'),
        () => adminWords().then(seldomWords),
      ),
    },
    {
      path: '/self-test',
      name: 'self-test',
      component: inside(() => import('./features/calls/self-test/SelfTest.vue'), seldomWords),
    },
    // The component gallery, for developers. No page links to it.
    { path: '/dev/ui', component: inside(() => import('./features/dev/UiPage.vue')), meta: { open: true } },
    // A person who was sent here learns it, whether signed in or not.
    { path: '/:rest(.*)', component: () => import('./features/shell/NotFound.vue'), meta: { open: true } },
  ],
})

/** The sign-in, from where the person comes back to the page. */
const signInFor = ({ path, fullPath }: RouteLocationNormalized) => ({
  name: 'sign-in',
  query: path === '/' ? {} : { next: fullPath },
})

/** The requested page is kept during the sign-in. */
router.beforeEach((to) => (to.meta.open !== true && !session.value ? signInFor(to) : true))

/**
 * A session that has ended on a page without the shell, which does this itself. And a window that shows the sign-in goes on when the
 * person has signed in, here or in another window.
 */
watch(session, (present) => {
  const { value: here } = router.currentRoute
  const inShell = here.matched[0]?.path === '/'
  if (present && here.name === 'sign-in') void router.replace(nextPlace(here, present.userId))
  else if (!present && endedElsewhere.value && here.meta.open !== true && !inShell) void router.push(signInFor(here))
})
