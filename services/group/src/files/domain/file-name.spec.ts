import { expect, test } from 'vitest'
import { fileName } from './file-name.js'

test.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\photos\\cat.png', 'cat.png'],
  ['a/..', 'file'],
  ['\u200b\u3164', 'file'],
  [' кот  на окне.png ', 'кот  на окне.png'],
  ['100% C++ 50%20off.txt', '100% C++ 50%20off.txt'],
  ['it’s "mine" & \'yours\'; <b>.txt', 'it’s "mine" & \'yours\'; <b>.txt'],
  ['two\r\nlines\u0000.txt', 'two lines.txt'],
  ['photo\u202egnp.exe', 'photognp.exe'],
  ['cafe\u0301.txt', 'café.txt'],
  ['قائمة\u200f.pdf', 'قائمة\u200f.pdf'],
  ['\u202e\u0007', 'file'],
])('a file named %j is %j', (name, kept) => expect(fileName(name)).toBe(kept))
