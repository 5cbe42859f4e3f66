import { expect, test } from 'vitest'
import { Figures } from './figures.js'

test('figures are read together; one that cannot be counted is left out', async () => {
  const figures = new Figures()
  figures.set('people', () => 3)
  figures.set('groups', async () => 2)
  figures.set('broken', () => {
    throw new Error('no')
  })
  figures.set('rejected', () => Promise.reject(new Error('no')))
  figures.set('absurd', () => Number.NaN)
  expect(await figures.read()).toEqual({ people: 3n, groups: 2n })
})
