export default {
  ui: {
    notification: 'Уведомление',
    notifications: 'Уведомления',
    save: 'Сохранить',
    saved: 'Сохранено',
    unsaved: 'Закрыть, не сохранив?',
    keepEditing: 'Вернуться',
    discard: 'Всё равно закрыть',
  },
  update: { ready: 'Доступна новая версия Beseda.', reload: 'Обновить', later: 'Позже' },
  design: { panelWidth: 'Ширина панели', listWidth: 'Ширина списка' },
  look: {
    theme: 'Тема',
    system: 'Системная',
    light: 'Светлая',
    dark: 'Тёмная',
    contrast: 'Контрастная',
    density: 'Плотность',
    cosy: 'Просторно',
    compact: 'Компактно',
  },
}
