{{- define "beseda.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end }}

{{- define "beseda.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "beseda.monitoringLabels" -}}
{{- with .Values.monitoring.labels }}{{ toYaml . }}{{ end }}
{{- end }}

{{- define "beseda.pod" -}}
{{- with .Values.pods -}}
{{- with .imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- end -}}
{{- end }}

{{- define "beseda.natsUrl" -}}
{{- if .Values.nats.bundled -}}{{ ternary "tls" "nats" .Values.tls.enabled }}://nats:4222{{- else -}}{{ required "nats.url: the address of your own NATS" .Values.nats.url }}{{- end -}}
{{- end }}

{{- define "beseda.redisUrl" -}}
{{- if .Values.redis.bundled -}}{{ ternary "rediss" "redis" .Values.tls.enabled }}://redis:6379{{- else -}}{{ required "redis.url: the address of your own Redis" .Values.redis.url }}{{- end -}}
{{- end }}

{{- /* Where NATS or Redis is, as the peers of a network policy. */}}
{{- define "beseda.peers" -}}
{{- $name := index . 0 -}}
{{- $store := index . 1 -}}
{{- if $store.bundled -}}
- podSelector: { matchLabels: { app.kubernetes.io/name: {{ $name }} } }
{{- else -}}
{{ toYaml $store.peers }}
{{- end -}}
{{- end }}

{{- define "beseda.settings" -}}
{{- range $name, $value := .Values.settings }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{- /* A job cannot be changed: whatever could change it gives it another name. */}}
{{- define "beseda.setupHash" -}}
{{- printf "%s %s %s" .Chart.Version (include "beseda.image" .) (toJson .Values) | sha256sum | trunc 8 -}}
{{- end }}

{{- /* 50Gi in mebibytes. */}}
{{- define "beseda.mebi" -}}
{{- $unit := dict "Mi" 1 "Gi" 1024 "Ti" 1048576 -}}
{{- $text := toString . -}}
{{- $letters := regexFind "[MGT]i" $text -}}
{{- if $letters -}}{{ mulf (trimSuffix $letters $text | float64) (get $unit $letters) | int64 }}{{- else -}}{{ div (int64 $text) 1048576 }}{{- end -}}
{{- end }}

{{- /* The alert rules. Their runbooks are links where it is said where the repository can be read. */}}
{{- define "beseda.rules" -}}
{{- $rules := .Files.Get "files/rules.yaml" -}}
{{- with .Values.monitoring.runbooks -}}
{{- $rules = replace "runbook_url: docs/" (printf "runbook_url: %s/docs/" (trimSuffix "/" .)) $rules -}}
{{- end -}}
{{- $rules -}}
{{- end }}
