/** Offered at once. */
export const QUICK_EMOJI = ['👍', '❤️', '😂', '🎉', '😮', '😢'] as const

/** What people react with, by kind. The full set of Unicode is a matter of the keyboard. */
export const EMOJI: readonly { readonly kind: string; readonly emoji: readonly string[] }[] = [
  { kind: 'smileys', emoji: [...'😀😄😁😅🤣😊🙂😉😍😘😋😎🤩🥳😏🤔🤨😐🙄😬😴🤤🤒🤯😕😟😮😳🥺😢😭😱😤😡🤬👻💩🤖'] },
  { kind: 'hands', emoji: [...'👍👎👌🤌👏🙌🤝🙏💪👋🤙👀🫡🤷🤦🙋💁🏃🚶💃'] },
  {
    kind: 'hearts',
    emoji: ['❤️', '🧡', '💛', '💚', '💙', '💜', '🖤', '🤍', '💔', '💯', '🔥', '✨', '⭐', '🌈', '☀️', '🌧️'],
  },
  { kind: 'things', emoji: [...'🎉🎂🎁🏆🥇⚽🎲🎵☕🍕🍰🍺🚀🚗💡📌📎📅💰🔒🐛🛠✅❌❓❗⏳🔔🐱🐶🦊🐻🌲🌸'] },
].map(({ kind, emoji }) => ({ kind, emoji: emoji.map((one) => (one === '🛠' ? '🛠️' : one)) }))
