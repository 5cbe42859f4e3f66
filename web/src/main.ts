import './styles/main.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { firstWords } from './i18n/index.js'
import { router } from './router.js'

await firstWords()
createApp(App).use(createPinia()).use(router).mount('#app')
