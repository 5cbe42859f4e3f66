import { RegistrationRule } from '@beseda/proto/identity/v1/events'
import { expect, test } from 'vitest'
import { arrivalOf, isFounding, mayRegister } from './arrival.js'

const at = (hash: string, next?: string) => ({ hash, query: next === undefined ? {} : { next } })

test.each([
  [at(''), 'stranger', ''],
  [at('#founder=a_b-C'), 'founder', 'a_b-C'],
  [at('#invite=xyz'), 'invited', 'xyz'],
  [at('', '/invite/xyz'), 'invited', 'xyz'],
  [at('', '/c/some-group'), 'stranger', ''],
  [at('', 'https://elsewhere.example/invite/xyz'), 'stranger', ''],
  [at('#founder='), 'stranger', ''],
])('%o comes as %s with "%s"', (route, as, code) => expect(arrivalOf(route)).toEqual({ as, code }))

const { OPEN, INVITE, CLOSED, OIDC } = RegistrationRule
const [founder, invited, stranger] = [arrivalOf(at('#founder=x')), arrivalOf(at('#invite=x')), arrivalOf(at(''))]

test.each([
  [OPEN, false, stranger, 'yes'],
  [OPEN, true, stranger, 'yes'],
  [INVITE, true, founder, 'yes'],
  [INVITE, true, stranger, 'code'],
  [CLOSED, true, stranger, 'code'],
  [INVITE, false, stranger, 'invite'],
  [INVITE, false, invited, 'yes'],
  [CLOSED, false, invited, 'no'],
  [OIDC, false, stranger, 'no'],
])('rule %i, founder wanted %s, %o: %s', (registration, founderWanted, arrival, answer) =>
  expect(mayRegister({ registration, founderWanted }, arrival)).toBe(answer),
)

test('the first account is made where it is wanted, in an open installation only by whoever has its code', () => {
  const wanted = (registration: RegistrationRule) => ({ registration, founderWanted: true })
  expect([INVITE, CLOSED, OPEN].map((rule) => isFounding(wanted(rule), stranger))).toEqual([true, true, false])
  expect(isFounding(wanted(OPEN), founder)).toBe(true)
  expect(isFounding({ registration: INVITE, founderWanted: false }, founder)).toBe(false)
})

test('nothing is refused before the server has answered', () => expect(mayRegister(undefined, stranger)).toBe('yes'))
