{{- define "elastic-inference.modelConfig" -}}
{{- $policy := .Values.model.versionPolicy -}}
model_config_list {
  config {
    name: {{ .Values.model.name | quote }}
    base_path: {{ .Values.model.basePath | quote }}
    model_platform: "tensorflow"
    model_version_policy {
      {{- if $policy.specific }}
      specific {
        {{- range $policy.specific }}
        versions: {{ int64 . }}
        {{- end }}
      }
      {{- else if $policy.all }}
      all {
      }
      {{- else }}
      latest {
        num_versions: {{ int $policy.latest }}
      }
      {{- end }}
    }
  }
}
{{- end }}

{{- /* The files of TensorFlow Serving. Empty for other servers. */}}
{{- define "elastic-inference.configData" -}}
{{- if eq .Values.server.type "tfserving" -}}
model.config: |
  {{- include "elastic-inference.modelConfig" . | nindent 2 }}
{{- if .Values.metrics.enabled }}
monitoring.config: |
  prometheus_config {
    enable: true
    path: {{ (include "elastic-inference.server" . | fromYaml).metricsPath | quote }}
  }
{{- end }}
{{- end }}
{{- end }}
