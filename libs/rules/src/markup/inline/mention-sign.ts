/** A mention as it stands in a text: of a user id, `all` or `admins`. */
export const MENTION = /<@(all|admins|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})>/g
