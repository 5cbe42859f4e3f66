import { asText, firstText, type Json, listAt, objectAt, textAt } from './fields.js'
import { below, link, md, NONE, type Part } from './markdown.js'

const MAX_LISTED = 10
/** Labels that say nothing beside the name of the alert. */
const SILENT = new Set(['alertname', 'severity', '__alert_rule_uid__'])

/** A group of alerts from Alertmanager (version 4 of its payload) or Grafana, whose payload has the same and more. */
export const areAlerts = (json: Json): boolean =>
  Array.isArray(json.alerts) &&
  typeof json.status === 'string' &&
  ('groupKey' in json || 'orgId' in json || 'receiver' in json)

/** Labels in which the alerts of a group differ. */
function labelsOf(alert: Json, common: Json): string {
  const labels = Object.entries(objectAt(alert, 'labels')).filter(
    ([name, value]) => !SILENT.has(name) && common[name] !== value,
  )
  return labels.map(([name, value]) => `${asText(name)}=${asText(value)}`).join(', ')
}

function line(alert: Json, common: Json): Part {
  const sign = textAt(alert, 'status') === 'resolved' ? '✅' : '🔥'
  const name = firstText(
    alert,
    'annotations.summary',
    'annotations.message',
    'labels.alertname',
    'annotations.description',
  )
  const title = link(name, firstText(alert, 'panelURL', 'dashboardURL', 'generatorURL'))
  const labels = labelsOf(alert, common)
  const runbook = textAt(alert, 'annotations.runbook_url')
  return md`- ${sign} ${title}${labels === '' ? '' : md` (${labels})`}${runbook === '' ? '' : md` · ${link('runbook', runbook)}`}`
}

/** https://prometheus.io/docs/alerting/latest/configuration/#webhook_config and Grafana's documentation of the webhook notifier. */
export function fromAlerts(json: Json): Part {
  const alerts = listAt(json, 'alerts')
  const firing = alerts.filter((alert) => textAt(alert, 'status') !== 'resolved').length
  const common = objectAt(json, 'commonLabels')
  const name = firstText(json, 'groupLabels.alertname', 'commonLabels.alertname', 'receiver')
  const severity = textAt(json, 'commonLabels.severity')
  const state = firing === 0 ? '✅ Resolved' : `🔥 Firing (${firing})`
  const hidden = Math.max(0, alerts.length - MAX_LISTED) + (Number(textAt(json, 'truncatedAlerts')) || 0)
  return below(
    md`**${state}: ${link(name, textAt(json, 'externalURL'))}**${severity === '' ? '' : md` · ${severity}`}`,
    ...alerts.slice(0, MAX_LISTED).map((alert) => line(alert, common)),
    hidden > 0 ? md`- and ${String(hidden)} more` : NONE,
  )
}
