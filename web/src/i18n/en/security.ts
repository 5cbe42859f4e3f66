export default {
  security: {
    title: 'Sign-in methods',
    passkey: 'Passkey',
    add: 'Add a passkey',
    remove: 'Remove',
    link: 'Connect',
    unlink: 'Disconnect',
    hint: 'Sign in with your fingerprint, face or screen lock instead of a password.',
  },
}
