export default {
  auth: {
    username: 'Имя пользователя',
    displayName: 'Как вас зовут',
    password: 'Пароль',
    signIn: 'Войти',
    signInTitle: 'С возвращением',
    createAccount: 'Зарегистрироваться',
    createTitle: 'Новая учётная запись',
    toCreate: 'Создать учётную запись',
    toSignIn: 'У меня уже есть учётная запись',
    usernameHint: '3–32 символа: латиница, цифры, точки, дефисы',
    passwordHint: 'Не менее 8 символов',
    invited: 'Войдите или зарегистрируйтесь, чтобы вступить.',
    ended: 'Вы вышли из системы. Войдите снова.',
  },
}
