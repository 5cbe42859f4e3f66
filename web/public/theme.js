// Runs before the first paint, so that the wrong theme does not flash. src/stores/theme.ts keeps the same attributes afterwards.
;(() => {
  const root = document.documentElement
  const is = (query) => matchMedia(query).matches
  // The person may have blocked what sites store: then the getter throws.
  const stored = (key) => {
    try {
      return localStorage.getItem(key)
    } catch {
      return null
    }
  }
  const choice = stored('beseda.theme')
  const dark = choice === 'dark' || (choice !== 'light' && is('(prefers-color-scheme: dark)'))
  root.dataset.theme = dark ? 'dark' : 'light'
  root.dataset.density = stored('beseda.density') ?? 'cosy'
  if (choice === 'contrast' || ((choice ?? 'system') === 'system' && is('(prefers-contrast: more)')))
    root.dataset.contrast = 'more'
})()
