/** Grafana's panels, as little of them as is needed. */
/** @typedef {{ expr: string, legend: string }} Query */
/** @typedef {{ title: string, description: string, unit: string, queries: readonly Query[], stacked?: boolean }} Panel */

const SOURCE = { type: 'prometheus', uid: '${source}' }
const [WIDTH, HEIGHT] = [8, 8]

/** @param {Panel} panel @param {number} index */
const panelJson = ({ title, description, unit, queries, stacked = false }, index) => ({
  id: index + 1,
  type: 'timeseries',
  title,
  description,
  datasource: SOURCE,
  gridPos: { x: (index % 3) * WIDTH, y: Math.floor(index / 3) * HEIGHT, w: WIDTH, h: HEIGHT },
  fieldConfig: {
    defaults: {
      unit,
      min: 0,
      custom: { fillOpacity: stacked ? 30 : 8, stacking: { mode: stacked ? 'normal' : 'none' } },
    },
    overrides: [],
  },
  options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  targets: queries.map(({ expr, legend }, i) => ({
    refId: String.fromCharCode(65 + i),
    datasource: SOURCE,
    expr,
    legendFormat: legend,
  })),
})

/** @param {{ uid: string, title: string, panels: readonly Panel[] }} dashboard */
export const dashboardJson = ({ uid, title, panels }) => ({
  uid,
  title,
  tags: ['beseda'],
  schemaVersion: 41,
  editable: false,
  refresh: '30s',
  time: { from: 'now-3h', to: 'now' },
  templating: { list: [{ name: 'source', type: 'datasource', query: 'prometheus', label: 'Prometheus' }] },
  links: [{ type: 'dashboards', title: 'Beseda', tags: ['beseda'], asDropdown: false }],
  panels: panels.map(panelJson),
})

/** @param {string} expr @param {string} [legend] @returns {Query} */
export const query = (expr, legend = '') => ({ expr, legend })

/** p50, p99 of a histogram. @param {string} metric without `_bucket` @param {string} [labels] @returns {readonly Query[]} */
export const quantiles = (metric, labels = '') =>
  ['0.5', '0.99'].map((q) => ({
    expr: `histogram_quantile(${q}, sum by (le) (rate(${metric}_bucket{${labels}}[$__rate_interval])))`,
    legend: `p${Number(q) * 100}`,
  }))

/** Events a second, by a label. @param {string} metric @param {string} label @param {string} [labels] @returns {readonly Query[]} */
export const rateBy = (metric, label, labels = '') => [
  { expr: `sum by (${label}) (rate(${metric}{${labels}}[$__rate_interval]))`, legend: `{{${label}}}` },
]
