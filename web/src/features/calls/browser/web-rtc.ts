/** Whether this browser can take part in calls: some have no WebRTC, or it is switched off. */
export const supportsCalls = (): boolean => 'RTCPeerConnection' in window
