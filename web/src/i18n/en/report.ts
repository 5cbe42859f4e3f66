export default {
  report: {
    report: 'Report',
    title: 'Report to the administrators',
    hint: 'They are shown this message as it is now, who wrote it, and your words. Nothing else of the conversation, and its members learn nothing.',
    reason: 'What is wrong?',
    reasons: {
      SPAM: 'Spam or advertising',
      ABUSE: 'Insults or harassment',
      VIOLENCE: 'Threats or violence',
      ILLEGAL: 'Something illegal',
      OTHER: 'Something else',
    },
    words: 'In your words (optional)',
    send: 'Send report',
    sent: 'Thank you. The administrators will look at it.',
  },
  reset: {
    title: 'Choose a new password',
    hint: 'You will be signed out on all devices.',
    save: 'Save the password',
    done: 'Your new password is saved. Your user name is {name}.',
  },
}
