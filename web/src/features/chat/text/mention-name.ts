/** The name after the @ of a mention of a person, of `all` or of `admins`. */
export const mentionName = (target: string, nameOf: (userId: string) => string, t: (key: string) => string): string =>
  target === 'all' ? t('chat.mentionAll') : target === 'admins' ? t('chat.mentionAdmins') : nameOf(target)
