/** The used fields of `buf build --as-file-descriptor-set -o -#format=json` (descriptor.proto in JSON). */
/** @typedef {{ name: string, type: string, label?: string }} Field */
/** @typedef {{ name: string, field?: Field[], nestedType?: Message[] }} Message */
/** @typedef {{ exposure?: string, rateClass?: string, partitionKey?: string }} Policy */
/** @typedef {{ idempotencyLevel?: string, '[beseda.common.v1.policy]'?: Policy }} Options */
/** @typedef {{ name: string, inputType: string, options?: Options }} Method */
/** @typedef {{ package?: string, messageType?: Message[], service?: { name: string, method?: Method[] }[] }} ProtoFile */

const POLICY = '[beseda.common.v1.policy]'
const EXPOSURES = new Set(['EXPOSURE_INTERNAL', 'EXPOSURE_ANYBODY', 'EXPOSURE_SIGNED_IN'])

/**
 * Problems with the options of methods. Each method states its exposure and its idempotency level (whether a request may be
 * repeated), a method that clients may call has a rate class, so that no client crowds out the others, and the partition
 * key is a string field of the request.
 * @param {{ file: ProtoFile[] }} descriptors @returns {string[]}
 */
export function policyProblems({ file }) {
  const messages = new Map(
    file.flatMap((each) => (each.messageType ?? []).map((message) => [`.${each.package}.${message.name}`, message])),
  )
  return file.flatMap((each) =>
    (each.service ?? []).flatMap((service) =>
      (service.method ?? []).flatMap((method) =>
        [...problemsOf(method.options ?? {}, messages.get(method.inputType))].map(
          (problem) => `${each.package}.${service.name}/${method.name} ${problem}`,
        ),
      ),
    ),
  )
}

/** @param {Options} options @param {Message | undefined} request */
function* problemsOf({ idempotencyLevel, [POLICY]: policy = {} }, request) {
  const { exposure = '', rateClass, partitionKey } = policy
  if (!EXPOSURES.has(exposure)) yield 'has no exposure'
  else if (exposure !== 'EXPOSURE_INTERNAL' && !rateClass) yield 'is open to people and has no rate class'
  if (!idempotencyLevel) yield 'has no idempotency level'
  const field = request?.field?.find(({ name }) => name === partitionKey)
  if (partitionKey && (field?.type !== 'TYPE_STRING' || field.label === 'LABEL_REPEATED')) {
    yield `has partition key "${partitionKey}", which is not a string field of its request`
  }
}
