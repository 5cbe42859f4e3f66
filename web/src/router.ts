import { createRouter, createWebHistory, type RouteComponent } from 'vue-router'
import { adminWords, allWords } from './i18n/index.js'
import { session } from './net/stored-session.js'

/** A page behind the sign-in, which needs more texts than the sign-in pages. */
const inside =
  (page: () => Promise<{ default: RouteComponent }>, more: () => Promise<void> = async () => undefined) =>
  async () =>
    (await Promise.all([page(), allWords().then(more)]))[0]

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/sign-in', name: 'sign-in', component: () => import('./features/auth/SignIn.vue'), meta: { open: true } },
    {
      path: '/sign-in/done',
      component: () => import('./features/auth/ProviderReturn.vue'),
      meta: { open: true },
    },
    {
      path: '/register',
      name: 'register',
      component: () => import('./features/auth/Register.vue'),
      meta: { open: true },
    },
    {
      path: '/reset/:code',
      component: inside(() => import('./features/auth/ResetPassword.vue')),
      meta: { open: true },
    },
    {
      path: '/invite/:code',
      name: 'invite',
      component: inside(() => import('./features/invites/InvitePage.vue')),
      meta: { open: true },
    },
    {
      path: '/',
      component: inside(() => import('./features/shell/Shell.vue')),
      children: [
        { path: '', name: 'home', component: () => import('./features/shell/list/Nothing.vue') },
        {
          path: 'c/:groupId',
          name: 'conversation',
          component: () => import('./features/conversation/ConversationView.vue'),
        },
      ],
    },
    {
      path: '/admin/:tab?',
      name: 'admin',
      component: inside(() => import('./features/admin/AdminPage.vue'), adminWords),
    },
    {
      path: '/self-test',
      name: 'self-test',
      component: inside(() => import('./features/calls/self-test/SelfTest.vue')),
    },
    // The component gallery, for developers. No page links to it.
    { path: '/dev/ui', component: inside(() => import('./features/dev/UiPage.vue')), meta: { open: true } },
    { path: '/:rest(.*)', redirect: '/' },
  ],
})

/** The requested page is kept during the sign-in. */
router.beforeEach((to) => {
  if (to.meta.open !== true && !session.value)
    return { name: 'sign-in', query: to.path === '/' ? {} : { next: to.fullPath } }
  return true
})
