export default {
  auth: {
    username: 'User name',
    displayName: 'Display name',
    password: 'Password',
    signIn: 'Sign in',
    signInTitle: 'Welcome back',
    createAccount: 'Create account',
    createTitle: 'Create your account',
    toCreate: 'Create an account',
    toSignIn: 'I have an account already',
    usernameHint: '3–32 letters a–z, digits, dots, dashes',
    passwordHint: 'At least 8 characters',
    invited: 'Sign in or create an account to join.',
    ended: 'You were signed out. Please sign in again.',
  },
}
