/** The part of `buf build --as-file-descriptor-set -o -#format=json` that is read here (descriptor.proto in JSON). */
/** @typedef {{ name: string, type: string, label?: string }} Field */
/** @typedef {{ name: string, field?: Field[], nestedType?: Message[] }} Message */
/** @typedef {{ exposure?: string, rateClass?: string, partitionKey?: string }} Policy */
/** @typedef {{ name: string, inputType: string, options?: Record<string, Policy> }} Method */
/** @typedef {{ package?: string, messageType?: Message[], service?: { name: string, method?: Method[] }[] }} ProtoFile */

const POLICY = '[beseda.common.v1.policy]'
const EXPOSURES = new Set(['EXPOSURE_INTERNAL', 'EXPOSURE_ANONYMOUS', 'EXPOSURE_PUBLIC'])

/**
 * What is wrong with the policies of methods: each has an exposure; what people may call has a rate class, or one
 * client could crowd out the others; the partition key is a string field of the request.
 * @param {{ file: ProtoFile[] }} descriptors @returns {string[]}
 */
export function policyProblems({ file }) {
  const messages = new Map(
    file.flatMap((each) => (each.messageType ?? []).map((message) => [`.${each.package}.${message.name}`, message])),
  )
  return file.flatMap((each) =>
    (each.service ?? []).flatMap((service) =>
      (service.method ?? []).flatMap((method) =>
        [...problemsOf(method.options?.[POLICY] ?? {}, messages.get(method.inputType))].map(
          (problem) => `${each.package}.${service.name}/${method.name} ${problem}`,
        ),
      ),
    ),
  )
}

/** @param {Policy} policy @param {Message | undefined} request */
function* problemsOf({ exposure = '', rateClass, partitionKey }, request) {
  if (!EXPOSURES.has(exposure)) yield 'has no exposure'
  else if (exposure !== 'EXPOSURE_INTERNAL' && !rateClass) yield 'is open to people and has no rate class'
  const field = request?.field?.find(({ name }) => name === partitionKey)
  if (partitionKey && (field?.type !== 'TYPE_STRING' || field.label === 'LABEL_REPEATED')) {
    yield `has partition key "${partitionKey}", which is not a string field of its request`
  }
}
