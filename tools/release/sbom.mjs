/** @typedef {{ 'bom-ref': string, group?: string, name: string, version: string }} Component */
/** @typedef {{ metadata: { component: object }, components: Component[], dependencies: { ref: string, dependsOn: string[] }[] }} Bom */
/** @typedef {{ version?: string, dev?: boolean, link?: boolean, name?: string }} Locked */

/**
 * What is shipped of everything that is installed. `npm sbom --omit=dev` leaves out what one workspace ships and another one uses as a tool
 * (vue, sharp), so the lock file decides. npm names the product after its folder.
 * @param {Bom} bom of `npm sbom` @param {{ name: string, packages: Record<string, Locked> }} lock @returns {Bom}
 */
export function shippedOf(bom, { name, packages }) {
  const shipped = new Set(
    Object.entries(packages)
      .filter(([folder, { dev, link }]) => folder !== '' && !dev && !link)
      .map(([folder, entry]) => `${entry.name ?? folder.slice(folder.lastIndexOf(IN) + IN.length)}@${entry.version}`),
  )
  const root = { ...bom.metadata.component, name, type: 'application' }
  const kept = (/** @type {string} */ ref) => shipped.has(ref)
  return {
    ...bom,
    metadata: { ...bom.metadata, component: root },
    components: bom.components.filter((component) => kept(component['bom-ref'])),
    dependencies: bom.dependencies
      .filter(({ ref }) => kept(ref) || ref.startsWith(`${name}@`))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(kept) })),
  }
}

const IN = 'node_modules/'
