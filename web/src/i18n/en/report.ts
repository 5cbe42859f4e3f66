export default {
  report: {
    report: 'Report',
    title: 'Report to the administrators',
    hint: 'Administrators will see this message, its author and your comment – nothing else. Members won’t be notified.',
    reason: 'What is wrong?',
    reasons: {
      SPAM: 'Spam or advertising',
      ABUSE: 'Insults or harassment',
      VIOLENCE: 'Threats or violence',
      ILLEGAL: 'Illegal content',
      OTHER: 'Something else',
    },
    words: 'Comment (optional)',
    send: 'Send report',
    sent: 'Thank you. The administrators will review it.',
  },
  reset: {
    title: 'Choose a new password',
    hint: 'You will be signed out on all devices.',
    save: 'Save password',
    done: 'Your new password is saved. Your username is {name}.',
  },
}
