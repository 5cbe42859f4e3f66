import { watch } from 'vue'
import type { OwnDevice } from '../media/open-device.js'
import { type BackgroundCode, CameraStage } from './background/camera-stage.js'
import type { WhyOver } from './background/pipeline.js'
import { chooseEffects, chosenEffects, isSuppressor } from './choice.js'
import { MicrophoneStage } from './noise/microphone-stage.js'
import { type Effects, plainStage, type Stage } from './stage.js'
import { backgroundComing, effectTrouble } from './trouble.js'

/** The effects that were chosen in this browser, also while the devices are open. An effect that fails is switched off in the choice, too. */
export class ChosenEffects implements Effects {
  #stop: (() => void) | undefined
  readonly #cameras = new Set<CameraStage>()

  constructor(private readonly loadBackgrounds?: () => Promise<BackgroundCode>) {}

  constraints(device: OwnDevice): MediaTrackConstraints {
    // Two suppressors one after another make a voice pump.
    return device === 'microphone' ? { noiseSuppression: chosenEffects.value.noise === 'browser' } : {}
  }

  stage(device: OwnDevice, raw: MediaStreamTrack, onOutput: () => void): Stage {
    return device === 'camera' ? this.#camera(raw, onOutput) : microphone(raw, onOutput)
  }

  follow(reopen: (device: OwnDevice) => void): void {
    const stops = [
      watch(
        () => chosenEffects.value.noise,
        () => reopen('microphone'),
      ),
      watch(
        () => chosenEffects.value.background,
        (background) => {
          for (const camera of this.#cameras) camera.change(background)
        },
      ),
    ]
    this.#stop = () => {
      for (const stop of stops) stop()
    }
  }

  close(): void {
    this.#stop?.()
  }

  #camera(raw: MediaStreamTrack, onOutput: () => void): Stage {
    const events = {
      onOutput,
      onComing: (isComing: boolean) => {
        backgroundComing.value = isComing
      },
      onGivenUp: (why: WhyOver) => {
        effectTrouble.value = why === 'slow' ? 'backgroundSlow' : 'backgroundFailed'
        chooseEffects({ background: 'none' })
      },
    }
    const stage = new CameraStage(raw, chosenEffects.value.background, events, this.loadBackgrounds)
    for (const other of this.#cameras) if (other.raw.readyState === 'ended') this.#cameras.delete(other)
    this.#cameras.add(stage)
    return stage
  }
}

function microphone(raw: MediaStreamTrack, onOutput: () => void): Stage {
  const { noise } = chosenEffects.value
  if (!isSuppressor(noise)) return plainStage(raw)
  return new MicrophoneStage(raw, noise, onOutput, () => {
    effectTrouble.value = 'noise'
    // Another one may have been chosen meanwhile.
    if (chosenEffects.value.noise === noise) chooseEffects({ noise: 'browser' })
  })
}
