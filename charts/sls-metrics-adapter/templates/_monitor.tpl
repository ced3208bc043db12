{{/* The common part of ServiceMonitor and PodMonitor; takes { root, monitor, plain }. */}}
{{- define "adapter.scrape" -}}
path: /metrics
interval: {{ .monitor.interval }}
scrapeTimeout: {{ .monitor.scrapeTimeout }}
{{- if .plain }}
port: metrics
scheme: http
{{- else }}
port: https
scheme: https
tlsConfig:
  {{- if .monitor.tlsConfig }}
  {{- toYaml .monitor.tlsConfig | nindent 2 }}
  {{- else if eq .root.Values.tls.mode "cert-manager" }}
  ca:
    secret:
      name: {{ include "adapter.tlsSecret" .root }}
      key: ca.crt
  serverName: {{ include "adapter.fullname" .root }}.{{ .root.Release.Namespace }}.svc
  {{- else }}
  # Each pod has its own certificate.
  insecureSkipVerify: true
  {{- end }}
{{- end }}
{{- with .monitor.relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .monitor.metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "adapter.monitorLabels" -}}
{{ include "adapter.labels" .root }}
{{- with .monitor.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}
