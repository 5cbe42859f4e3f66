import { LetterKind, SignInChange } from '@beseda/proto/mail/v1/letter'

export type KnownKind = Exclude<LetterKind, LetterKind.UNSPECIFIED>

/**
 * What a letter says. `{name}`: of the person; `{username}`: theirs to sign in with; `{site}`: where the installation is; `{device}`: on which
 * somebody has signed in; `{change}`: what has changed of the sign-in; `{time}`: when; `{counts}`:
 * how much the person has missed; `{inviter}`, `{where}`: who invites, and to what; `{call}`, `{start}`: of which call they are reminded, or to which they are invited; `{Call}`: at the beginning of a sentence.
 */
export interface Words {
  readonly subject: string
  readonly greeting: string
  readonly text: string
  /** On the button that opens the link. */
  readonly button: string
  readonly end: string
}

const EN: Readonly<Record<KnownKind, Words>> = {
  [LetterKind.CONFIRM_EMAIL]: {
    subject: 'Confirm your mail address',
    // Without the name, which anybody can choose: the letter goes to whatever address was entered.
    greeting: 'Hello,',
    text: 'somebody with your account {username} at {site} has entered this mail address. To confirm that it is yours, open this link within 24 hours:',
    button: 'Confirm the address',
    end: 'If it was not you, delete this letter: nothing happens without the link.',
  },
  [LetterKind.RESET_PASSWORD]: {
    subject: 'A new password',
    greeting: 'Hello {name},',
    text: 'somebody has asked for a new password of your account {username} at {site}. To set one, open this link within 30 minutes. You are then signed out everywhere:',
    button: 'Set a new password',
    end: 'If it was not you, delete this letter: your password stays as it is.',
  },
  [LetterKind.NEW_DEVICE]: {
    subject: 'A sign-in on a new device',
    greeting: 'Hello {name},',
    text: 'somebody has signed in to your account {username} at {site} on a device on which you had not: {device}, {time}.',
    button: 'Open {site}',
    end: 'If it was you, there is nothing to do. If not, change your password in the settings; that signs out all other devices.',
  },
  [LetterKind.ADDRESS_LEFT]: {
    subject: 'Your mail address was changed',
    greeting: 'Hello {name},',
    text: 'this mail address does not belong to your account {username} at {site} any more: it was removed, or another one has taken its place. A new password can no longer be sent here.',
    button: 'Open {site}',
    end: 'If it was you, there is nothing to do. If not, sign in, change your password and enter your address again, or ask an administrator for help.',
  },
  [LetterKind.SIGN_IN_CHANGED]: {
    subject: 'The sign-in of your account was changed',
    greeting: 'Hello {name},',
    text: '{change} This is about your account {username} at {site}, {time}.',
    button: 'Open {site}',
    end: 'If it was you, there is nothing to do. If not, change your password in the settings and look through the ways to sign in there, or ask an administrator for help.',
  },
  [LetterKind.MISSED]: {
    subject: 'You missed messages at {site}',
    greeting: 'Hello {name},',
    text: 'while you were away from {site}, you missed {counts}.',
    button: 'Open {site}',
    end: 'You can choose in the settings, under Notifications, when we write to you. To get no more of these letters, open:',
  },
  [LetterKind.DIGEST]: {
    subject: 'Unread conversations at {site}',
    greeting: 'Hello {name},',
    text: 'you have unread messages at {site}: {counts}.',
    button: 'Open {site}',
    end: 'You can choose in the settings, under Notifications, when we write to you. To get no more of these letters, open:',
  },
  [LetterKind.INVITATION]: {
    subject: 'An invitation to {site}',
    // Whoever reads it has no account, and may know nobody here.
    greeting: 'Hello,',
    text: '{inviter} invites you to {where}. To see the invitation and create an account, open this link:',
    button: 'Open the invitation',
    end: 'If you do not know who that is, delete this letter: nothing happens without the link, and no more than one such letter a day comes to this address.',
  },
  [LetterKind.CALL_REMINDER]: {
    subject: 'A call begins soon at {site}',
    greeting: 'Hello {name},',
    text: 'at {site} {call} begins soon: {start}.',
    button: 'Open the call',
    end: 'You can choose in the settings, under Notifications, when you are reminded. To stop letters about calls and missed messages, open:',
  },
  [LetterKind.CALL_INVITATION]: {
    subject: 'A scheduled call at {site}',
    greeting: 'Hello {name},',
    text: 'you are invited at {site} to {call}, from {start}. The attached file puts it into your calendar, and later emails keep it up to date. Answers to this letter are not read: say in the conversation whether you come.',
    button: 'Open the call',
    end: 'You can choose in the settings, under Notifications, whether you get invitations. To stop letters about calls and missed messages, open:',
  },
  [LetterKind.CALL_CANCELLATION]: {
    subject: 'A call was removed from your calendar',
    greeting: 'Hello {name},',
    text: 'at {site} {call}, from {start}, does not take place any more, or you are no longer in its group. The attached file takes it out of your calendar.',
    button: 'Open {site}',
    end: 'You can choose in the settings, under Notifications, whether you get invitations. To stop letters about calls and missed messages, open:',
  },
}

const RU: Readonly<Record<KnownKind, Words>> = {
  [LetterKind.CONFIRM_EMAIL]: {
    subject: 'Подтвердите адрес почты',
    greeting: 'Здравствуйте!',
    text: 'Этот адрес почты указан для учётной записи {username} на {site}. Чтобы подтвердить, что он ваш, откройте ссылку в течение 24 часов:',
    button: 'Подтвердить адрес',
    end: 'Если это были не вы, удалите письмо: без ссылки ничего не произойдёт.',
  },
  [LetterKind.RESET_PASSWORD]: {
    subject: 'Новый пароль',
    greeting: 'Здравствуйте, {name}!',
    text: 'Для вашей учётной записи {username} на {site} запросили новый пароль. Чтобы задать его, откройте ссылку в течение 30 минут. После этого на всех устройствах нужно будет войти заново:',
    button: 'Задать новый пароль',
    end: 'Если это были не вы, удалите письмо: пароль останется прежним.',
  },
  [LetterKind.NEW_DEVICE]: {
    subject: 'Вход на новом устройстве',
    greeting: 'Здравствуйте, {name}!',
    text: 'В вашу учётную запись {username} на {site} вошли на устройстве, на котором вы раньше не входили: {device}, {time}.',
    button: 'Открыть {site}',
    end: 'Если это были вы, делать ничего не нужно. Если нет, смените пароль в настройках: на всех других устройствах придётся войти заново.',
  },
  [LetterKind.ADDRESS_LEFT]: {
    subject: 'Адрес вашей почты изменён',
    greeting: 'Здравствуйте, {name}!',
    text: 'Этот адрес почты больше не относится к вашей учётной записи {username} на {site}: его удалили или заменили другим. Новый пароль сюда больше не отправить.',
    button: 'Открыть {site}',
    end: 'Если это были вы, делать ничего не нужно. Если нет, войдите, смените пароль и снова укажите свой адрес или обратитесь к администратору.',
  },
  [LetterKind.SIGN_IN_CHANGED]: {
    subject: 'Изменён вход в вашу учётную запись',
    greeting: 'Здравствуйте, {name}!',
    text: '{change} Речь об учётной записи {username} на {site}, {time}.',
    button: 'Открыть {site}',
    end: 'Если это были вы, делать ничего не нужно. Если нет, смените пароль в настройках и проверьте там способы входа или обратитесь к администратору.',
  },
  [LetterKind.MISSED]: {
    subject: 'Вы пропустили сообщения на {site}',
    greeting: 'Здравствуйте, {name}!',
    text: 'Пока вас не было на {site}, вы пропустили: {counts}.',
    button: 'Открыть {site}',
    end: 'Когда вам писать, можно выбрать в настройках, в разделе «Уведомления». Чтобы больше не получать таких писем, откройте:',
  },
  [LetterKind.DIGEST]: {
    subject: 'Непрочитанные беседы на {site}',
    greeting: 'Здравствуйте, {name}!',
    text: 'На {site} вы ещё не прочитали: {counts}.',
    button: 'Открыть {site}',
    end: 'Когда вам писать, можно выбрать в настройках, в разделе «Уведомления». Чтобы больше не получать таких писем, откройте:',
  },
  [LetterKind.INVITATION]: {
    subject: 'Приглашение на {site}',
    greeting: 'Здравствуйте!',
    text: '{inviter} приглашает вас в {where}. Чтобы посмотреть приглашение и создать учётную запись, откройте ссылку:',
    button: 'Открыть приглашение',
    end: 'Если вы не знаете, кто это, удалите письмо: без ссылки ничего не произойдёт, и больше одного такого письма в день на этот адрес не придёт.',
  },
  [LetterKind.CALL_REMINDER]: {
    subject: 'Скоро начнётся звонок на {site}',
    greeting: 'Здравствуйте, {name}!',
    text: 'На {site} скоро начнётся {call}: {start}.',
    button: 'Открыть звонок',
    end: 'Когда вам напоминать, можно выбрать в настройках, в разделе «Уведомления». Чтобы больше не получать писем о звонках и пропущенном, откройте:',
  },
  [LetterKind.CALL_INVITATION]: {
    subject: 'Назначен звонок на {site}',
    greeting: 'Здравствуйте, {name}!',
    text: 'На {site} состоится {call}, начало: {start}. Вложенный файл добавит его в ваш календарь, а при изменениях придут новые письма. Ответы на это письмо никто не читает: придёте ли вы, скажите в беседе.',
    button: 'Открыть звонок',
    end: 'Получать ли приглашения, можно выбрать в настройках, в разделе «Уведомления». Чтобы больше не получать писем о звонках и пропущенном, откройте:',
  },
  [LetterKind.CALL_CANCELLATION]: {
    subject: 'Звонок убран из вашего календаря',
    greeting: 'Здравствуйте, {name}!',
    text: '{Call} на {site} (начало: {start}) отменён, или вы больше не состоите в этой группе. Вложенный файл уберёт его из вашего календаря.',
    button: 'Открыть {site}',
    end: 'Получать ли приглашения, можно выбрать в настройках, в разделе «Уведомления». Чтобы больше не получать писем о звонках и пропущенном, откройте:',
  },
}

type Change = Exclude<SignInChange, SignInChange.UNSPECIFIED>

const CHANGES_EN: Readonly<Record<Change, string>> = {
  [SignInChange.PASSWORD]: 'Your password was changed.',
  [SignInChange.PASSKEY_ADDED]: 'A passkey was added.',
  [SignInChange.PASSKEY_REMOVED]: 'A passkey was removed.',
  [SignInChange.SECOND_FACTOR_ADDED]: 'Two-step sign-in was turned on.',
  [SignInChange.SECOND_FACTOR_REMOVED]: 'Two-step sign-in was turned off.',
  [SignInChange.RECOVERY_CODES_REPLACED]: 'New recovery codes were made; the old ones no longer work.',
  [SignInChange.RECOVERY_CODE_USED]: 'A recovery code was used to sign in.',
  [SignInChange.PROVIDER_LINKED]: 'An account of another service was linked for signing in.',
  [SignInChange.PROVIDER_UNLINKED]: 'An account of another service was unlinked.',
}

const CHANGES_RU: Readonly<Record<Change, string>> = {
  [SignInChange.PASSWORD]: 'Ваш пароль изменён.',
  [SignInChange.PASSKEY_ADDED]: 'Добавлен ключ доступа.',
  [SignInChange.PASSKEY_REMOVED]: 'Ключ доступа удалён.',
  [SignInChange.SECOND_FACTOR_ADDED]: 'Включён двухэтапный вход.',
  [SignInChange.SECOND_FACTOR_REMOVED]: 'Двухэтапный вход выключен.',
  [SignInChange.RECOVERY_CODES_REPLACED]: 'Созданы новые запасные коды, старые больше не действуют.',
  [SignInChange.RECOVERY_CODE_USED]: 'Для входа использован запасной код.',
  [SignInChange.PROVIDER_LINKED]: 'Для входа привязана учётная запись другого сервиса.',
  [SignInChange.PROVIDER_UNLINKED]: 'Учётная запись другого сервиса отвязана.',
}

/** Undefined for a change that is not known here. */
export const changeText = (locale: string, change: SignInChange): string | undefined =>
  (isRussian(locale) ? CHANGES_RU : CHANGES_EN)[change as Change]

export const isRussian = (locale: string): boolean => /^ru\b/i.test(locale)

/** Undefined for a kind that is not known here. */
export const wordsOf = (locale: string, kind: LetterKind): Words | undefined =>
  (isRussian(locale) ? RU : EN)[kind as KnownKind]
