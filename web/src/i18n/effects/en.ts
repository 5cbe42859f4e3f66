export default {
  effects: {
    noise: {
      title: 'Noise suppression',
      off: 'Off',
      browser: 'Standard',
      strong: 'Strong',
      strongest: 'Maximum',
      hint: {
        off: 'Sends the sound as it is: best for music.',
        browser: 'Your browser’s own: removes a steady hum.',
        strong: 'Removes keyboards, fans and street noise. Runs on this device.',
        strongest: 'For very noisy places. Uses more battery. Runs on this device.',
      },
    },
    background: {
      title: 'Background',
      none: 'None',
      blur: 'Slight blur',
      'blur-strong': 'Strong blur',
      shipped: { study: 'Study', forest: 'Forest', dusk: 'Dusk', paper: 'Plain' },
      own: 'Your picture {n}',
      add: 'Add picture',
      remove: 'Delete picture {n}',
      hint: 'Your pictures stay on this device.',
      coming: 'Getting the background ready…',
      unreadable: 'This picture can’t be used. Try a JPEG or PNG file.',
    },
    trouble: {
      noise: 'Noise suppression stopped working on this device. Your microphone is on without it.',
      backgroundFailed: 'Your background stopped working and was turned off. Others can see your room now.',
      backgroundSlow: 'This device is too slow for a background, so it was turned off. Others can see your room now.',
    },
  },
}
