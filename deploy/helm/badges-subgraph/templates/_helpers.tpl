{{- define "badges.name" -}}
{{- $name := .Release.Name -}}
{{- ternary $name (printf "%s-%s" $name .Chart.Name) (contains .Chart.Name $name) | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "badges.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "badges.labels" -}}
{{ include "badges.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "badges.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- /* The greatest number of processes that share the providers' rate limits. */}}
{{- define "badges.processes" -}}
{{- if .Values.autoscaling.enabled }}{{ .Values.autoscaling.maxReplicas }}{{ else }}{{ .Values.replicas }}{{ end }}
{{- end }}

{{- /* Longer than the service takes to stop: the delay, the deadline of an operation, and some time to spare. */}}
{{- define "badges.gracePeriod" -}}
{{- $delay := .Values.config.SHUTDOWN_DELAY_MS | default "2000" | int -}}
{{- $deadline := .Values.config.OPERATION_DEADLINE_MS | default "8000" | int -}}
{{- add (div (add $delay $deadline 999) 1000) 5 -}}
{{- end }}
