/** Objects of Kubernetes, and places in them as `spec.template.spec.containers.0.image`. */

/** @typedef {{ apiVersion: string, kind: string, metadata: any, spec?: any, data?: any }} KubeObject */

/** @param {any} object @param {string} place @returns {any} */
export const at = (object, place) =>
  place === '' ? object : place.split('.').reduce((value, key) => value?.[key], object)

/** @param {any} object @param {string} place @param {unknown} value */
export function put(object, place, value) {
  const keys = place.split('.')
  const last = keys.pop() ?? ''
  const parent = at(object, keys.join('.'))
  if (parent?.[last] === undefined) throw new Error(`${object.kind}/${object.metadata?.name} has no ${place}`)
  parent[last] = value
}

/** The template of the pods that an object creates; undefined: it creates none. @param {KubeObject} object */
export function podTemplateOf({ kind, spec }) {
  if (kind === 'CronJob') return spec.jobTemplate.spec.template
  return ['Deployment', 'StatefulSet', 'DaemonSet', 'Job'].includes(kind) ? spec.template : undefined
}

export class Objects {
  /** @param {readonly KubeObject[]} all */
  constructor(all) {
    this.all = all
  }

  /** @param {string} kind @param {string} name */
  get(kind, name) {
    const found = this.all.find((one) => one.kind === kind && one.metadata.name === name)
    if (!found) throw new Error(`the manifests have no ${kind}/${name}`)
    return found
  }

  /** @param {string} kind */
  of(kind) {
    return this.all.filter((one) => one.kind === kind)
  }
}
