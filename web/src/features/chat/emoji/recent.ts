import { useStorage } from '@vueuse/core'

const MOST = 18

/** The last picked emoji, newest first. */
export const recentEmoji = useStorage<string[]>('beseda.emoji', [])
export const skinTone = useStorage('beseda.skin-tone', '')

export function remember(emoji: string): void {
  recentEmoji.value = [emoji, ...recentEmoji.value.filter((other) => other !== emoji)].slice(0, MOST)
}
