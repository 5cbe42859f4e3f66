/** @import { DescEnumValue, DescExtension, DescField, DescFile, DescMethod, Registry } from '@bufbuild/protobuf' */
import { createRegistry, getOption, hasOption } from '@bufbuild/protobuf'
import { getComments } from '@bufbuild/protoplugin'

/** @typedef {{ exposure: number, rateClass: number, scope: number }} Policy */
/** @typedef {{ perMinute: number, burst: number }} Rate */

/** What the contract says beside names and types. Its options are read by their descriptors: no code is generated yet when this runs. */
export class Contract {
  /** @param {readonly DescFile[]} files */
  constructor(files) {
    this.files = files
    /** @type {Registry} */
    this.registry = createRegistry(...files)
    /** Every reason of a refusal without its prefix, with the number of its Connect code. @type {ReadonlyMap<string, number>} */
    this.reasons = this.#reasons()
  }

  /** Every service of the platform. */
  get services() {
    return this.files.filter(({ proto }) => proto.package.startsWith('beseda.')).flatMap(({ services }) => services)
  }

  /** @param {DescMethod} method @returns {Policy | undefined} */
  policyOf(method) {
    return this.#option(method, 'beseda.common.v1.policy')
  }

  /** Name without its prefix, and the limit, of a rate class. @param {number | string} numberOrName */
  rateOf(numberOrName) {
    const value = this.#value('beseda.common.v1.RateClass', numberOrName)
    return {
      name: value.name.replace('RATE_CLASS_', ''),
      rate: /** @type {Rate} */ (this.#option(value, 'beseda.common.v1.rate_limit')),
    }
  }

  /** `SCOPE_READ`; undefined: no bot may. @param {number} number */
  scopeOf(number) {
    return number === 0 ? undefined : this.#value('beseda.common.v1.Scope', number).name
  }

  #reasons() {
    const reasons = this.#enum('beseda.common.v1.ErrorReason').values
    return new Map(
      reasons.map((value) => [
        value.name.replace('ERROR_REASON_', ''),
        this.#option(value, 'beseda.common.v1.connect_code'),
      ]),
    )
  }

  /** The rules of a field (buf.validate); undefined: none. @param {DescField} field */
  rulesOf(field) {
    return this.#option(field, 'buf.validate.field')
  }

  /** @param {string} name */
  #enum(name) {
    const found = this.registry.getEnum(name)
    if (!found) throw new Error(`the contract has no ${name}`)
    return found
  }

  /** @param {string} name @param {number | string} numberOrName without its prefix */
  #value(name, numberOrName) {
    const { value, values, sharedPrefix } = this.#enum(name)
    const found =
      typeof numberOrName === 'number'
        ? value[numberOrName]
        : values.find((one) => one.name.toLowerCase() === `${sharedPrefix}${numberOrName}`.toLowerCase())
    if (!found) throw new Error(`${name} has no ${numberOrName}`)
    return found
  }

  /** @param {DescMethod | DescField | DescEnumValue} of @param {string} name @returns {any} */
  #option(of, name) {
    const extension = /** @type {DescExtension} */ (this.registry.getExtension(name))
    return hasOption(/** @type {any} */ (of), extension) ? getOption(/** @type {any} */ (of), extension) : undefined
  }
}

/** The comment before something in the contract, as one paragraph; undefined: none. @param {Parameters<typeof getComments>[0]} of */
export function commentOf(of) {
  const text = getComments(of)
    .leading?.replaceAll(/\s*\n\s*/g, ' ')
    .trim()
  return text === '' ? undefined : text
}
