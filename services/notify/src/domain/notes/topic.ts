/**
 * The topic of a push: a later push of the same topic replaces one that still waits. At most 32 characters of base64url (RFC 8030,
 * section 5.4): the id of a group, a call or a message without its dashes.
 */
export const topicOf = (id: string): string => id.replaceAll('-', '')
