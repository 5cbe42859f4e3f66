import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import {
  RecoveryCodesReplacedSchema,
  RecoveryCodeUsedSchema,
  SecondFactorAddedSchema,
  SecondFactorRemovedSchema,
} from '@beseda/proto/identity/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { type Account, type AccountCommand, recoveryKey } from './account.js'

type EventBody = Event['body']
type Of<Type extends AccountCommand['type']> = Extract<AccountCommand, { type: Type }>
type SecondFactorCommand = Of<'AddSecondFactor' | 'RemoveSecondFactor' | 'ReplaceRecoveryCodes' | 'UseRecoveryCode'>

const TYPES = ['AddSecondFactor', 'RemoveSecondFactor', 'ReplaceRecoveryCodes', 'UseRecoveryCode'] as const

export const isAboutSecondFactor = (command: AccountCommand): command is SecondFactorCommand =>
  TYPES.some((type) => type === command.type)

/** Errors: SECOND_FACTOR_ON, SECOND_FACTOR_OFF, WRONG_CODE; NOT_PERMITTED for a bot. */
export function decideSecondFactor(command: SecondFactorCommand, account: Account): readonly EventBody[] {
  switch (command.type) {
    case 'AddSecondFactor':
      return [add(command, account)]
    case 'RemoveSecondFactor':
      return remove(command, account)
    case 'ReplaceRecoveryCodes':
      return [replaceCodes(command, account)]
    case 'UseRecoveryCode':
      return [useCode(command, account)]
  }
}

function add({ sealedSecret, recoveryHashes }: Of<'AddSecondFactor'>, { ownerId, secondFactor }: Account): EventBody {
  if (ownerId !== '') throw new Refusal(ErrorReason.NOT_PERMITTED)
  if (secondFactor) throw new Refusal(ErrorReason.SECOND_FACTOR_ON)
  const value = create(SecondFactorAddedSchema, { sealedSecret, recoveryHashes: [...recoveryHashes] })
  return { case: 'secondFactorAdded', value }
}

function remove({ taken }: Of<'RemoveSecondFactor'>, { secondFactor }: Account): readonly EventBody[] {
  if (!secondFactor) return []
  return [{ case: 'secondFactorRemoved', value: create(SecondFactorRemovedSchema, { taken }) }]
}

function replaceCodes({ recoveryHashes }: Of<'ReplaceRecoveryCodes'>, { secondFactor }: Account): EventBody {
  if (!secondFactor) throw new Refusal(ErrorReason.SECOND_FACTOR_OFF)
  const value = create(RecoveryCodesReplacedSchema, { recoveryHashes: [...recoveryHashes] })
  return { case: 'recoveryCodesReplaced', value }
}

/** Each works once, also when two replicas get it at the same time: the second is decided on what the first has left. */
function useCode({ recoveryHash }: Of<'UseRecoveryCode'>, { secondFactor }: Account): EventBody {
  const isLeft = secondFactor?.recoveryHashes.includes(recoveryKey(recoveryHash))
  if (!isLeft) throw new Refusal(ErrorReason.WRONG_CODE)
  return { case: 'recoveryCodeUsed', value: create(RecoveryCodeUsedSchema, { recoveryHash }) }
}
