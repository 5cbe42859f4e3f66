import type { Page } from 'playwright-core'

/** What a person of a recording's test sounds and looks like: a tone, Hz, and a colour. */
export interface Signs {
  readonly tone: number
  readonly colour: string
}

/** A microphone that gives one tone, and a camera that gives one colour; installed before the first page of a window. */
export async function withSigns(page: Page, signs: Signs): Promise<void> {
  await page.addInitScript(({ tone, colour }) => {
    const sound = () => {
      const context = new AudioContext({ sampleRate: 48_000 })
      const source = new OscillatorNode(context, { frequency: tone })
      const way = context.createMediaStreamDestination()
      source.connect(new GainNode(context, { gain: 0.2 })).connect(way)
      source.start()
      return way.stream.getTracks()
    }
    const picture = () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 })
      const context = canvas.getContext('2d')
      const draw = () => {
        if (!context) return
        context.fillStyle = colour
        context.fillRect(0, 0, 320, 180)
      }
      draw()
      setInterval(draw, 100)
      return canvas.captureStream(10).getTracks()
    }
    navigator.mediaDevices.getUserMedia = async ({ audio, video } = {}) =>
      new MediaStream([...(audio ? sound() : []), ...(video ? picture() : [])])
  }, signs)
}

export interface Heard {
  readonly seconds: number
  /**
   * How loud each tone is where it is loudest, over half a second, in dB below the loudest. Not over the whole file: how long one recorded
   * before the other agreed is the machine's affair.
   */
  readonly tones: readonly number[]
}

/** The newest file of the open conversation, decoded in the page: how long it is, and how loud these tones are in it. */
export const soundOf = (page: Page, fileId: string, tones: readonly number[]): Promise<Heard> =>
  page.evaluate(
    async ({ fileId, tones }) => {
      const { accessToken } = JSON.parse(localStorage.getItem('beseda.session') ?? '{}') as { accessToken: string }
      const answer = await fetch(`/api/files/${fileId}`, { headers: { authorization: `Bearer ${accessToken}` } })
      const context = new AudioContext({ sampleRate: 48_000 })
      const { duration, sampleRate, length, ...buffer } = await context
        .decodeAudioData(await answer.arrayBuffer())
        .then((decoded) => ({
          ...{ duration: decoded.duration, sampleRate: decoded.sampleRate, length: decoded.length },
          samples: decoded.getChannelData(0),
        }))
      const size = sampleRate / 2
      // Hann's window: what is cut out of a sound has no other tones in it.
      const window = Float32Array.from({ length: size }, (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / size))
      /** The power of one tone in half a second (Goertzel's algorithm). */
      const power = (tone: number, from: number) => {
        const factor = 2 * Math.cos((2 * Math.PI * tone) / sampleRate)
        let [one, two] = [0, 0]
        for (let at = 0; at < size; at++) {
          const sample = (buffer.samples[from + at] ?? 0) * (window[at] ?? 0)
          ;[one, two] = [sample + factor * one - two, one]
        }
        return (one * one + two * two - factor * one * two) / size ** 2
      }
      const starts = Array.from({ length: Math.ceil(length / size) }, (_, n) => n * size)
      const powers = tones.map((tone) => Math.max(...starts.map((from) => power(tone, from))))
      const most = Math.max(...powers)
      return { seconds: duration, tones: powers.map((one) => 10 * Math.log10(one / most + 1e-12)) }
    },
    { fileId, tones },
  )

/** Colours of the last picture of a film, as the share of the picture that each of them covers. */
export const coloursOf = (page: Page, fileId: string, colours: readonly string[]): Promise<readonly number[]> =>
  page.evaluate(
    async ({ fileId, colours }) => {
      const { accessToken } = JSON.parse(localStorage.getItem('beseda.session') ?? '{}') as { accessToken: string }
      const answer = await fetch(`/api/files/${fileId}`, { headers: { authorization: `Bearer ${accessToken}` } })
      const video = Object.assign(document.createElement('video'), { muted: true })
      video.src = URL.createObjectURL(await answer.blob())
      await video.play()
      await new Promise((resolve) => video.addEventListener('ended', resolve, { once: true }))
      const canvas = Object.assign(document.createElement('canvas'), { width: 128, height: 72 })
      const context = canvas.getContext('2d', { willReadFrequently: true })
      if (!context) throw new Error('no canvas')
      const rgbOf = (colour: string) => {
        context.fillStyle = colour
        context.fillRect(0, 0, 1, 1)
        return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)]
      }
      const wanted = colours.map(rgbOf)
      context.drawImage(video, 0, 0, 128, 72)
      const { data } = context.getImageData(0, 0, 128, 72)
      const share = (rgb: number[]) => {
        let count = 0
        for (let at = 0; at < data.length; at += 4)
          if (rgb.every((value, i) => Math.abs(value - (data[at + i] ?? 0)) < 60)) count++
        return count / (128 * 72)
      }
      return wanted.map(share)
    },
    { fileId, colours },
  )
