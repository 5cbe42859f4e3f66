export default {
  notifications: {
    title: 'Notifications',
    all: 'All messages',
    mentions: 'Mentions only',
    nothing: 'Nothing',
    forHour: 'Mute for 1 hour',
    forEightHours: 'Mute for 8 hours',
    forDay: 'Mute for 1 day',
    forWeek: 'Mute for 1 week',
    unmute: 'Unmute',
    mutedUntil: 'Muted until {time}',
    open: 'Open',
  },
}
