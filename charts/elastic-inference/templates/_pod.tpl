{{- define "elastic-inference.ownPodAnnotations" -}}
checksum/config: {{ include "elastic-inference.configData" . | sha256sum }}
{{- include "elastic-inference.burstAnnotations" . }}
{{- if and .Values.metrics.enabled .Values.metrics.scrapeAnnotations }}
prometheus.io/scrape: 'true'
prometheus.io/port: '8501'
prometheus.io/path: {{ include "elastic-inference.metricsPath" . }}
{{- end }}
{{- end }}

{{- /* Annotations of the values override those of the chart, so that all features of ECI can be used. */}}
{{- define "elastic-inference.podAnnotations" -}}
{{ merge (deepCopy (default dict .Values.podAnnotations)) (include "elastic-inference.ownPodAnnotations" . | fromYaml) | toYaml }}
{{- end }}

{{- define "elastic-inference.image" -}}
{{- $image := .Values.image -}}
{{ $image.repository }}{{ with $image.tag }}:{{ . }}{{ end }}{{ with $image.digest }}@{{ . }}{{ end }}
{{- end }}

{{- define "elastic-inference.args" -}}
- --port=8500
- --rest_api_port=8501
- --model_config_file=/etc/tensorflow-serving/model.config
- --file_system_poll_wait_seconds={{ int .Values.model.pollSeconds }}
{{- if .Values.metrics.enabled }}
- --monitoring_config_file=/etc/tensorflow-serving/monitoring.config
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "elastic-inference.resources" -}}
{{- $resources := deepCopy (default dict .Values.resources) }}
{{- if .Values.gpu.count }}
{{- $limits := merge (dict .Values.gpu.resource (int .Values.gpu.count | toString)) ($resources.limits | default dict) }}
{{- $resources = merge (dict "limits" $limits) $resources }}
{{- end }}
{{- with $resources }}{{ toYaml . }}{{ end }}
{{- end }}

{{- /* The status of the model answers 200 while it is still loading. Its metadata does so only when it is ready. */}}
{{- define "elastic-inference.modelProbe" -}}
httpGet:
  path: /v1/models/{{ .Values.model.name }}/metadata
  port: http-serving
{{- end }}

{{- define "elastic-inference.container" -}}
name: tensorflow-serving
image: {{ include "elastic-inference.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
# Not the entrypoint of the image, which adds --model_name and --model_base_path.
command: [/usr/bin/tensorflow_model_server]
args:
  {{- include "elastic-inference.args" . | nindent 2 }}
{{- with .Values.env }}
env:
  {{- toYaml . | nindent 2 }}
{{- end }}
ports:
  - name: grpc-serving
    containerPort: 8500
    protocol: TCP
  - name: http-serving
    containerPort: 8501
    protocol: TCP
startupProbe:
  {{- include "elastic-inference.modelProbe" . | nindent 2 }}
  {{- toYaml .Values.probes.startup | nindent 2 }}
readinessProbe:
  {{- include "elastic-inference.modelProbe" . | nindent 2 }}
  {{- toYaml .Values.probes.readiness | nindent 2 }}
# TCP only: a restart does not help a busy server, or one whose model is missing in the bucket.
livenessProbe:
  tcpSocket:
    port: http-serving
  {{- toYaml .Values.probes.liveness | nindent 2 }}
{{- if .Values.drainSeconds }}
lifecycle:
  preStop:
    exec:
      # Wait until the Ingress sends no more requests.
      command: [sleep, {{ int .Values.drainSeconds | quote }}]
{{- end }}
{{- with include "elastic-inference.resources" . }}
resources:
  {{- . | nindent 2 }}
{{- end }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
volumeMounts:
  - name: model
    mountPath: {{ .Values.storage.mountPath }}
    readOnly: true
  - name: config
    mountPath: /etc/tensorflow-serving
    readOnly: true
  - name: tmp
    mountPath: /tmp
{{- end }}
