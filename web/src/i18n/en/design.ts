export default {
  ui: {
    notification: 'Notification',
    notifications: 'Notifications',
    save: 'Save',
    saved: 'Saved',
    unsaved: 'Close without saving?',
    keepEditing: 'Go back',
    discard: 'Close anyway',
  },
  update: { ready: 'A new version of Beseda is available.', reload: 'Reload', later: 'Later' },
  design: { panelWidth: 'Panel width', listWidth: 'List width' },
  look: {
    theme: 'Theme',
    system: 'System',
    light: 'Light',
    dark: 'Dark',
    contrast: 'High contrast',
    density: 'Density',
    cosy: 'Comfortable',
    compact: 'Compact',
  },
}
