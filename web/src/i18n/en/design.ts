export default {
  ui: { notification: 'Notification', notifications: 'Notifications' },
  update: { ready: 'A new version of Beseda is ready.', reload: 'Reload', later: 'Later' },
  design: { panelWidth: 'Width of the panel', listWidth: 'Width of the list' },
  look: {
    theme: 'Theme',
    system: 'System',
    light: 'Light',
    dark: 'Dark',
    contrast: 'High contrast',
    density: 'Density',
    cosy: 'Cosy',
    compact: 'Compact',
  },
}
