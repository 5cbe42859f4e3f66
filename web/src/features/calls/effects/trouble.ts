import { shallowRef } from 'vue'

/** Why an effect has switched itself off. */
export type EffectTrouble = 'noise' | 'backgroundFailed' | 'backgroundSlow'

/** The last one; undefined after the next choice. */
export const effectTrouble = shallowRef<EffectTrouble>()

/** A background is being fetched and started; it is not shown yet. */
export const backgroundComing = shallowRef(false)
