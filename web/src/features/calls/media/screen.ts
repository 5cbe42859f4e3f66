interface Supported extends MediaTrackSupportedConstraints {
  readonly restrictOwnAudio?: boolean
}

/**
 * What to share. Shared sound must not hold the call itself: the others would hear themselves. A browser that cannot take the sound of
 * this page out of the system's sound shares the sound of a tab only, and never that of this tab.
 */
export function screenOptions(supported: Supported): DisplayMediaStreamOptions {
  const canLeaveOut = supported.restrictOwnAudio === true
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }
  return {
    video: { frameRate: { max: 15 } },
    audio: canLeaveOut ? { ...audio, restrictOwnAudio: true } : audio,
    systemAudio: canLeaveOut ? 'include' : 'exclude',
    selfBrowserSurface: 'exclude',
  } as DisplayMediaStreamOptions
}

/** Picture and sound of what the person chose; nothing when they closed the picker. Errors: those of getDisplayMedia. */
export async function openScreen(): Promise<{
  screen?: MediaStreamTrack | undefined
  sound?: MediaStreamTrack | undefined
}> {
  const { mediaDevices } = navigator
  try {
    const shared = await mediaDevices.getDisplayMedia(screenOptions(mediaDevices.getSupportedConstraints()))
    const [[screen], [sound]] = [shared.getVideoTracks(), shared.getAudioTracks()]
    if (screen) screen.contentHint = 'detail'
    return { screen, sound }
  } catch (error) {
    if (error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'AbortError')) return {}
    throw error
  }
}
