{{- define "adapter.container" -}}
image: {{ include "adapter.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  - serve
  - --config=/etc/sls-metrics-adapter/config.yaml
  - --bind-address=0.0.0.0
  - --secure-port={{ .Values.containerPort }}
  {{- if include "adapter.tlsSecret" . }}
  - --tls-cert-file=/run/sls-metrics-adapter/tls.crt
  - --tls-private-key-file=/run/sls-metrics-adapter/tls.key
  {{- else }}
  - --cert-dir=/run/sls-metrics-adapter
  {{- end }}
  - --authentication=delegated
  {{- if not (include "adapter.tlsSecret" .) }}
  - --manage-apiservice
  {{- end }}
  - --service-name={{ include "adapter.fullname" . }}
  - --service-namespace={{ .Release.Namespace }}
  - --shutdown-delay-duration={{ include "adapter.shutdownDelaySeconds" . }}s
  {{- if .Values.keda.enabled }}
  - --keda-port={{ .Values.keda.port }}
  {{- if .Values.keda.clientCaSecret }}
  - --keda-client-ca-file=/var/run/secrets/sls-metrics-adapter/keda/ca.crt
  {{- end }}
  {{- end }}
  {{- with .Values.extraArgs }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .Values.extraEnv }}
env:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
ports:
  - name: https
    containerPort: {{ .Values.containerPort }}
    protocol: TCP
  {{- with dig "telemetry" "port" 0 .Values.config }}
  - name: metrics
    containerPort: {{ . }}
    protocol: TCP
  {{- end }}
  {{- if .Values.keda.enabled }}
  - name: keda
    containerPort: {{ .Values.keda.port }}
    protocol: TCP
  {{- end }}
{{- range $probe := tuple "startupProbe" "livenessProbe" "readinessProbe" }}
{{- with index $.Values $probe }}
{{ $probe }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
resources:
  {{- toYaml (default dict .Values.resources) | nindent 2 }}
securityContext:
  {{- toYaml (default dict .Values.securityContext) | nindent 2 }}
volumeMounts:
  {{- include "adapter.volumeMounts" . | nindent 2 }}
{{- end -}}
