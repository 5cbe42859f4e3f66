import { readFile } from 'node:fs/promises'
import { Exposure } from '@beseda/proto/common/v1/policy'
import { allMethods, policyOf } from '@beseda/rpc'
import { expect, test } from 'vitest'

const document = await readFile(new URL('./api.md', import.meta.url), 'utf8')

test('every public method has its section with an example', () => {
  const open = allMethods().filter((method) => policyOf(method).exposure >= Exposure.ANYBODY)
  const unnamed = open.filter((method) => !document.includes(`${method.parent.typeName}/${method.name}`))
  expect(unnamed.map(({ name }) => name)).toEqual([])
  const untitled = open.filter(({ name }) => !new RegExp(`^### .*\\b${name}\\b`, 'm').test(document))
  expect(untitled.map(({ name }) => name)).toEqual([])
})
