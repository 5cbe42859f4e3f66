/** Demo data: people, groups and messages. */
/** @typedef {{ username: string, displayName: string, locale: string, statusText?: string }} DemoPerson */
/** Other properties of a message: indexes of other messages of the same talk, who reacted with what, whether it is pinned. */
/** @typedef {{ replyTo?: number, thread?: number, reactions?: Record<string, string[]>, pinned?: boolean }} DemoMore */
/** `members` and authors are user names; the first member owns the room. A direct chat has no name and two members. `@name` mentions a person. */
/** @typedef {{ kind: 'GROUP' | 'CHANNEL' | 'DIRECT', name?: string, topic?: string, members: string[], settings?: object, talk: [author: string, text: string, more?: DemoMore][] }} DemoRoom */

export const PASSWORD = 'beseda-demo'

/** @type {DemoPerson[]} */
export const PEOPLE = [
  { username: 'anna', displayName: 'Анна Соколова', locale: 'ru', statusText: 'на даче до понедельника' },
  { username: 'boris', displayName: 'Борис Лебедев', locale: 'ru' },
  { username: 'clara', displayName: 'Clara Whitfield', locale: 'en', statusText: 'reviewing, not ignoring you' },
  { username: 'dmitry', displayName: 'Дмитрий Орлов', locale: 'ru' },
  { username: 'emma', displayName: 'Emma Hartley', locale: 'en' },
  { username: 'fedor', displayName: 'Фёдор Зимин', locale: 'ru', statusText: 'в дороге' },
  { username: 'grace', displayName: 'Grace Okafor', locale: 'en' },
  { username: 'henry', displayName: 'Henry Moss', locale: 'en' },
]

const EVERYBODY = PEOPLE.map(({ username }) => username)

/** @type {DemoRoom[]} */
export const ROOMS = [
  {
    kind: 'CHANNEL',
    name: 'Announcements',
    topic: 'News for everybody · Новости для всех',
    members: ['clara', ...EVERYBODY.filter((name) => name !== 'clara')],
    // Public; only admins write.
    settings: {
      discoverability: 'DISCOVERABILITY_OPEN',
      permissions: [{ permission: 'PERMISSION_POST', leastRole: 'ROLE_ADMIN' }],
    },
    talk: [
      [
        'clara',
        'Welcome to **Beseda**! This channel is for news; the talking happens in the groups.',
        { pinned: true, reactions: { '🎉': ['anna', 'emma', 'henry'] } },
      ],
      ['clara', 'Добро пожаловать! Здесь новости, а разговоры — в группах.'],
      [
        'clara',
        'Everything runs on our own machines now. Nothing leaves the house.',
        { reactions: { '👍': ['grace', 'boris'] } },
      ],
    ],
  },
  {
    kind: 'GROUP',
    name: 'Дача',
    topic: 'Кто везёт самовар',
    members: ['anna', 'boris', 'dmitry', 'fedor'],
    talk: [
      ['anna', 'В субботу едем? Погода обещает **+24** и без дождя.', { pinned: true }],
      ['boris', 'Едем! Я везу самовар и дрова.', { replyTo: 0, reactions: { '🔥': ['anna', 'dmitry', 'fedor'] } }],
      ['dmitry', 'С меня шашлык. Сколько нас?'],
      ['anna', 'Четверо, и собака.'],
      ['fedor', 'Я приеду позже, электричкой в 12:40.'],
      ['boris', '@fedor встречу на станции.', { replyTo: 4, reactions: { '❤️': ['fedor'] } }],
      ['anna', 'Список:\n- пледы\n- бадминтон\n- свечи, свет опять могут отключить'],
      ['dmitry', 'Я возьму гитару.', { thread: 6 }],
      ['anna', 'И ||сюрприз|| тоже!', { thread: 6 }],
    ],
  },
  {
    kind: 'GROUP',
    name: 'Release 1.0',
    topic: 'What is left, who has it',
    members: ['clara', 'emma', 'grace', 'henry', 'dmitry'],
    talk: [
      ['clara', 'Two items left for 1.0: the upgrade notes and the load test.'],
      ['grace', 'Load test is green: nothing lost with one node killed every minute.'],
      [
        'emma',
        'I have the upgrade notes. Draft this evening.',
        { replyTo: 0, reactions: { '👍': ['clara', 'grace'] } },
      ],
      ['henry', 'Reading `docs/protocol.md` again, the resume part is clear now. Thank you!'],
      ['dmitry', 'I can proofread the Russian version.'],
      [
        'clara',
        '@emma @dmitry then we ship on Thursday.',
        { reactions: { '🚀': ['emma', 'grace', 'henry', 'dmitry'] } },
      ],
    ],
  },
  {
    kind: 'GROUP',
    name: 'Book club',
    topic: 'October: “Heart of a Dog” · «Собачье сердце»',
    members: ['emma', 'anna', 'grace', 'henry'],
    talk: [
      ['emma', 'Finished it in two evenings. Who is next to host?'],
      ['anna', 'Я могу, но по-русски, хорошо?'],
      ['henry', 'Perfect practice for me.'],
      ['grace', 'Bring the quote about newspapers before dinner.'],
    ],
  },
  {
    kind: 'DIRECT',
    members: ['anna', 'boris'],
    talk: [
      ['boris', 'Аня, возьми, пожалуйста, мой зелёный термос.'],
      ['anna', 'Уже в сумке.'],
      ['boris', 'Спасибо! Созвонимся вечером?'],
    ],
  },
  {
    kind: 'DIRECT',
    members: ['clara', 'anna'],
    talk: [
      ['clara', 'Could you look at the Russian strings before Thursday?'],
      ['anna', 'Sure, I will do it on the train.'],
    ],
  },
]
