{{- /* Made by deploy/helm/generate.mjs from deploy/k8s: change it there. */}}
{{- define "beseda.users" -}}
admin call caption export gateway group identity mail membership notify presence preview
{{- end }}
