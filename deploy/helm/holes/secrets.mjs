/** Who makes the secrets. @param {import('./chart.mjs').Chart} chart */
export function cutSecrets({ values }) {
  values.add(
    'secrets.generate',
    true,
    'Whether the chart makes them, once; otherwise you create them before (deploy/k8s/README.md). Rendering without a cluster (helm template, Argo CD) makes none.',
  )
  values.add(
    'restored',
    false,
    'Only for the upgrade after a restore that changed the number of partitions or servers: the checks of both are left out.',
  )
}
