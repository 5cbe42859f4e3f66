import { createRouter, createWebHistory } from 'vue-router'
import { adminWords } from './i18n/index.js'
import { session } from './net/stored-session.js'

/** With its sentences. */
async function adminPage() {
  const [page] = await Promise.all([import('./features/admin/AdminPage.vue'), adminWords()])
  return page
}

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
      component: () => import('./features/auth/ResetPassword.vue'),
      meta: { open: true },
    },
    {
      path: '/invite/:code',
      name: 'invite',
      component: () => import('./features/invites/InvitePage.vue'),
      meta: { open: true },
    },
    {
      path: '/',
      component: () => import('./features/shell/Shell.vue'),
      children: [
        { path: '', name: 'home', component: () => import('./features/shell/Nothing.vue') },
        { path: 'c/:groupId', name: 'conversation', component: () => import('./features/chat/ConversationView.vue') },
      ],
    },
    { path: '/admin/:tab?', name: 'admin', component: adminPage },
    { path: '/self-test', name: 'self-test', component: () => import('./features/calls/self-test/SelfTest.vue') },
    // What the client is made of, for those who build it. Nothing links here.
    { path: '/dev/ui', component: () => import('./features/dev/UiPage.vue'), meta: { open: true } },
    { path: '/:rest(.*)', redirect: '/' },
  ],
})

/** Where a person wanted to go is kept over the sign-in. */
router.beforeEach((to) => {
  if (to.meta.open !== true && !session.value)
    return { name: 'sign-in', query: to.path === '/' ? {} : { next: to.fullPath } }
  return true
})
