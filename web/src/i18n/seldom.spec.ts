import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import seldom from './seldom/en.js'

/** Parts of the client that are loaded together with these texts (`seldomWords`). */
const LOADED_WITH_THEM = [
  /^features\/(admin|inbox|invites|security\/factor|settings|share|threads)\//,
  // The steps of a second factor come with them.
  /^features\/auth\/(by-letter\/\w+|LinkStep|SecondStep)\.vue$/,
  /^features\/calls\/(captions|lobby|recording|schedule|self-test|voice-rooms|window)\//,
  // A part of the settings.
  /^features\/notifications\/NotificationSettings\.vue$/,
  // Waits for them, where a recording of a voice room is among the messages.
  /^features\/calls\/records\/CallEntryLine\.vue$/,
  // Of several messages, which were chosen by then.
  /^features\/chat\/(selection\/|message\/deleting\.ts$)/,
  // Keys of messages and calls, which only the help names: it is loaded with the texts.
  /^features\/(palette\/HelpDialog\.vue|shell\/use-shell-commands\.ts)$/,
  /^features\/chat\/attachments\/(gallery\/|AnimationButton\.vue$)/,
  /^features\/chat\/(message\/PressedMenu\.vue$|emoji\/EmojiGrid\.vue$|search\/SearchPanel\.vue$|ChooseConversation\.vue$|message\/dialogs\/)/,
  // Of people who were refused: their picker is told by `useAdding`, with the texts.
  /^features\/people\/PeoplePicker\.vue$/,
  /^features\/groups\/(settings\/|DiscoverDialog\.vue$)/,
  /^ui\/controls\/crop\//,
  // With poll-card.ts, and with the menu and the dialog of the composer.
  /^features\/chat\/(poll\/|composer\/AddItems\.vue$)/,
  // With also-in-thread.ts.
  /^features\/chat\/message\/AlsoInThread\.vue$/,
  /^features\/shell\/list\/(PhoneBar|status\/StatusDialog)\.vue$/,
]

test('nothing says a seldom text before it is loaded', () => {
  const root = new URL('..', import.meta.url).pathname
  // Those of errors are found by the reason of the server.
  const areas = Object.keys(seldom).filter((area) => area !== 'errors')
  const says = new RegExp(`\\bt\\(\\s*[\`'](${areas.join('|')})\\.`)
  const saying = globSync('**/*.{ts,vue}', { cwd: root }).filter(
    (file) => !/spec\.ts$/.test(file) && says.test(readFileSync(root + file, 'utf8')),
  )
  expect(saying.length).toBeGreaterThan(10)
  expect(saying.filter((file) => !LOADED_WITH_THEM.some((part) => part.test(file)))).toEqual([])
})
