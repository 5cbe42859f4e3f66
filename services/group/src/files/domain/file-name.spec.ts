import { expect, test } from 'vitest'
import { fileName } from './file-name.js'

test.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\photos\\cat.png', 'cat.png'],
  ['a/..', 'file'],
  ['\u200b\u3164', 'file'],
  [' кот  на окне.png ', 'кот на окне.png'],
])('a file named %j is %j', (name, kept) => expect(fileName(name)).toBe(kept))
