import { expect, test } from 'vitest'
import { messageHtml } from './message-html.js'

test.each([
  ['**b** 5*3', '<div class="words" dir="ltr"><strong>b</strong> 5*3</div>'],
  ['<b>"&</b>', '<div class="words" dir="ltr">&#60;b&#62;&#34;&#38;&#60;/b&#62;</div>'],
  ['||secret||', '<div class="words" dir="ltr"><span class="spoiler" tabindex="0">secret</span></div>'],
  ['<@all>', '<div class="words" dir="auto"><bdi>@all</bdi></div>'],
  ['```\n<i>\n```', '<pre dir="ltr">&#60;i&#62;</pre>'],
  ['שלום', '<div class="words" dir="rtl">שלום</div>'],
])('%s', (text, html) => expect(messageHtml(text, (target) => target)).toBe(html))
