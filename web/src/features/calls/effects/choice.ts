import { useStorage } from '@vueuse/core'
import { EFFECTS_KEY } from '../../auth/own-backgrounds.js'

/** How noise is taken out of the microphone: not, by the browser itself, or by one of our suppressors. */
export const NOISE = ['off', 'browser', 'strong', 'strongest'] as const
export type Noise = (typeof NOISE)[number]
export type Strength = Extract<Noise, 'strong' | 'strongest'>

/** What is behind the person: the room, blurred or not, or a picture (`shipped:<name>`, `own:<id>`). */
export type Background = 'none' | 'blur' | 'blur-strong' | `shipped:${string}` | `own:${string}`

/** Chosen in this browser, for all calls. */
export const chosenEffects = useStorage<{ noise: Noise; background: Background }>(
  EFFECTS_KEY,
  { noise: 'browser', background: 'none' },
  undefined,
  { mergeDefaults: true },
)

export const chooseEffects = (choice: Partial<{ noise: Noise; background: Background }>): void => {
  chosenEffects.value = { ...chosenEffects.value, ...choice }
}

export const isSuppressor = (noise: Noise): noise is Strength => noise === 'strong' || noise === 'strongest'
