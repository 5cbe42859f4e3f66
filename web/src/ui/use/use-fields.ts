import { computed, nextTick, type Ref, reactive, ref, shallowRef } from 'vue'
import { useI18n } from '../../i18n/index.js'
import { errorSentence, reasonName } from '../../net/errors.js'

interface Field {
  readonly value: Ref<string>
  /** Key of the sentence that says what is wrong with a value; empty: nothing. */
  readonly problem: (value: string) => string
  /** Refusals of the server (names of reasons) that are about this field. */
  readonly refusals?: readonly string[]
}

/**
 * What is wrong with the fields of a form, in the words of the client: a field says it when it was left or the form was sent, and no longer
 * when it is right. A refusal by the server stays under its field until the field changes. The form itself has `novalidate`.
 */
export function useFields<K extends string>(fields: Readonly<Record<K, Field>>, error: Ref<unknown>) {
  const { t } = useI18n()
  const names = Object.keys(fields) as K[]
  /** Fields that were left, or sent with the form: they say what is wrong with them. */
  const checked = reactive(new Set<string>())
  const form = ref<HTMLFormElement>()
  /** The values that were refused. */
  const sent = shallowRef<ReadonlyMap<string, string>>(new Map())
  /** The field that the error is about. */
  const about = computed(() => {
    const reason = error.value === undefined ? '' : reasonName(error.value)
    return names.find((name) => fields[name].refusals?.includes(reason))
  })
  const refused = computed(() => {
    const name = about.value
    return name !== undefined && sent.value.get(name) === fields[name].value.value ? name : undefined
  })

  function problemOf(name: K): string {
    const key = checked.has(name) ? fields[name].problem(fields[name].value.value) : ''
    if (key !== '') return t(key)
    if (refused.value !== name) return ''
    const { key: sentence, values } = errorSentence(error.value)
    return t(sentence, values)
  }

  async function toFirstWrong(): Promise<void> {
    await nextTick()
    form.value?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }

  return {
    form,
    problemOf,
    /** The field was left. An empty one is still to be filled. */
    leave: (name: K): void => void (fields[name].value.value === '' || checked.add(name)),
    /** Nothing has been left or sent yet. */
    forget: (): void => checked.clear(),
    /** Sends the form if every field is right, else moves the focus to the first that is not. */
    async submit(send: () => Promise<void>): Promise<void> {
      for (const name of names) checked.add(name)
      if (names.some((name) => fields[name].problem(fields[name].value.value) !== '')) return toFirstWrong()
      sent.value = new Map(names.map((name) => [name, fields[name].value.value]))
      await send()
      if (refused.value) await toFirstWrong()
    },
    /** The error that is about no single field. */
    otherError: computed(() => (about.value ? undefined : error.value)),
  }
}
