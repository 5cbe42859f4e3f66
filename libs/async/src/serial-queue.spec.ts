import { expect, test } from 'vitest'
import { SerialQueue } from './serial-queue.js'

test('tasks of one key run one after another, in order of arrival; other keys do not wait', async () => {
  const queue = new SerialQueue()
  const log: string[] = []
  const ends = new Map<string, () => void>()
  const task = (name: string) => () => {
    log.push(name)
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)))
  }
  const all = [queue.run('a', task('a1')), queue.run('a', task('a2')), queue.run('b', task('b1'))]
  await Promise.resolve()
  expect(log).toEqual(['a1', 'b1'])
  expect(queue.size).toBe(2)
  ends.get('a1')?.()
  expect(await all[0]).toBe('a1')
  await Promise.resolve()
  expect(log).toEqual(['a1', 'b1', 'a2'])
  ends.get('a2')?.()
  ends.get('b1')?.()
  expect(await Promise.all(all)).toEqual(['a1', 'a2', 'b1'])
})

test('a failed task does not block the next one, and no key is left behind', async () => {
  const queue = new SerialQueue()
  const failed = queue.run('a', () => Promise.reject(new Error('no')))
  const next = queue.run('a', async () => 'yes')
  await expect(failed).rejects.toThrow('no')
  expect(await next).toBe('yes')
  await new Promise(setImmediate)
  expect(queue.size).toBe(0)
})
