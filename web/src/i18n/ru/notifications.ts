export default {
  notifications: {
    title: 'Уведомления',
    all: 'Все сообщения',
    mentions: 'Только упоминания',
    nothing: 'Отключены',
    forHour: 'Без звука на 1 час',
    forEightHours: 'Без звука на 8 часов',
    forDay: 'Без звука на 1 день',
    forWeek: 'Без звука на неделю',
    unmute: 'Включить уведомления',
    mutedUntil: 'Без звука до {time}',
    open: 'Открыть',
  },
}
