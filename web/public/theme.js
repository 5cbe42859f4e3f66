// Runs before the first paint, so that the wrong theme does not flash. src/stores/theme.ts keeps the same attributes afterwards.
;(() => {
  const root = document.documentElement
  const is = (query) => matchMedia(query).matches
  const choice = localStorage.getItem('beseda.theme')
  const dark = choice === 'dark' || (choice !== 'light' && is('(prefers-color-scheme: dark)'))
  root.dataset.theme = dark ? 'dark' : 'light'
  root.dataset.density = localStorage.getItem('beseda.density') ?? 'cosy'
  if (choice === 'contrast' || ((choice ?? 'system') === 'system' && is('(prefers-contrast: more)')))
    root.dataset.contrast = 'more'
})()
