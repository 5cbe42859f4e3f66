import './styles/main.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { keepKeysOfInputMethods } from './commands/input-method.js'
import { startDiagnostics } from './diagnostics/start.js'
import { firstWords } from './i18n/index.js'
import { router } from './router.js'

keepKeysOfInputMethods()
const app = createApp(App)
startDiagnostics(app)
await firstWords()
app.use(createPinia()).use(router).mount('#app')
