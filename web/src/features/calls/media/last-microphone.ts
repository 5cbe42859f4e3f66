import { localStore } from '../../../browser.js'

const KEY = 'beseda.microphone'

/** Whether the microphone was on when it was last turned on or off in a call of this browser. The first time it is on, as in any call. */
export const wasMicrophoneOn = (): boolean => localStore.getItem(KEY) !== 'off'
export const noteMicrophone = (on: boolean): void => localStore.setItem(KEY, on ? 'on' : 'off')
