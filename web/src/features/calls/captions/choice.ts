import { useStorage } from '@vueuse/core'

/** How large captions are, in this browser. */
export const SIZES = ['small', 'medium', 'large'] as const
export type CaptionSize = (typeof SIZES)[number]

/** What people may speak. A choice of those that recognisers do well; the person's own is there always. */
export const LANGUAGES = ['en', 'ru', 'uk', 'de', 'fr', 'es', 'it', 'pt', 'pl', 'nl', 'tr', 'zh', 'ja', 'ko'] as const

/** `language`: empty: that of the page. */
export const captionChoice = useStorage<{ size: CaptionSize; language: string }>(
  'beseda.captions',
  { size: 'medium', language: '' },
  undefined,
  { mergeDefaults: true },
)
