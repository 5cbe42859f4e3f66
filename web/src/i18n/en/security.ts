export default {
  security: {
    title: 'Ways to sign in',
    passkey: 'Passkey',
    add: 'Add a passkey',
    remove: 'Remove',
    link: 'Connect',
    unlink: 'Disconnect',
    hint: 'A passkey is a key in this device or in your keychain: no password to type, forget or steal.',
  },
}
