import { Comment, cloneVNode, Fragment, type FunctionalComponent, type VNode } from 'vue'

const flat = (nodes: readonly VNode[]): VNode[] =>
  nodes.flatMap((node) =>
    node.type === Fragment && Array.isArray(node.children) ? flat(node.children as VNode[]) : [node],
  )

/** Passes its attributes to the one element in its slot. */
export const AsChild: FunctionalComponent = (_, { attrs, slots }) => {
  const child = flat(slots.default?.() ?? []).find(({ type }) => type !== Comment)
  return child ? cloneVNode(child, attrs, true) : undefined
}
AsChild.inheritAttrs = false
