/**
 * What a push is about, so that a later one about the same replaces one that still waits. At most 32 characters of base64url
 * (RFC 8030, section 5.4): the id of a group, a call or a message without its dashes.
 */
export const topicOf = (id: string): string => id.replaceAll('-', '')
