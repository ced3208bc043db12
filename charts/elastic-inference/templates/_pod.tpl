{{- define "elastic-inference.ownPodAnnotations" -}}
{{- $server := include "elastic-inference.server" . | fromYaml }}
{{- with include "elastic-inference.configData" . }}
checksum/config: {{ sha256sum . }}
{{- end }}
{{- include "elastic-inference.burstAnnotations" . }}
{{- if and .Values.metrics.enabled .Values.metrics.scrapeAnnotations }}
prometheus.io/scrape: 'true'
prometheus.io/port: {{ $server.metrics | int | quote }}
prometheus.io/path: {{ $server.metricsPath }}
{{- end }}
{{- end }}

{{- /* Annotations of the values override those of the chart, so that all features of ECI can be used. */}}
{{- define "elastic-inference.podAnnotations" -}}
{{- with merge (deepCopy (default dict .Values.podAnnotations)) (include "elastic-inference.ownPodAnnotations" . | fromYaml) }}
{{- toYaml . }}
{{- end }}
{{- end }}

{{- define "elastic-inference.image" -}}
{{- $server := include "elastic-inference.server" . | fromYaml -}}
{{ $server.image }}{{ with $server.tag }}:{{ . }}{{ end }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{- define "elastic-inference.resources" -}}
{{- $resources := deepCopy (default dict .Values.resources) }}
{{- if .Values.gpu.count }}
{{- $limits := merge (dict .Values.gpu.resource (int .Values.gpu.count | toString)) ($resources.limits | default dict) }}
{{- $resources = merge (dict "limits" $limits) $resources }}
{{- end }}
{{- with $resources }}{{ toYaml . }}{{ end }}
{{- end }}

{{- define "elastic-inference.startSeconds" -}}
{{ mul (int .Values.probes.startup.periodSeconds) (int .Values.probes.startup.failureThreshold) }}
{{- end }}

{{- define "elastic-inference.readyProbe" -}}
httpGet:
  path: {{ (include "elastic-inference.server" . | fromYaml).readyPath }}
  port: http-serving
{{- end }}

{{- define "elastic-inference.ports" -}}
{{- $server := include "elastic-inference.server" . | fromYaml }}
{{- if $server.grpc }}
- name: grpc-serving
  containerPort: {{ int $server.grpc }}
  protocol: TCP
{{- end }}
- name: http-serving
  containerPort: {{ int $server.rest }}
  protocol: TCP
{{- if and .Values.metrics.enabled (eq $server.metricsPortName "metrics") }}
- name: metrics
  containerPort: {{ int $server.metrics }}
  protocol: TCP
{{- end }}
{{- end }}

{{- define "elastic-inference.container" -}}
{{- $server := include "elastic-inference.server" . | fromYaml -}}
name: {{ $server.container }}
image: {{ include "elastic-inference.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with include "elastic-inference.command" . | trim }}
command:
  {{- . | nindent 2 }}
{{- end }}
{{- with include "elastic-inference.args" . | trim }}
args:
  {{- . | nindent 2 }}
{{- end }}
{{- with include "elastic-inference.env" . | trim }}
env:
  {{- . | nindent 2 }}
{{- end }}
ports:
  {{- include "elastic-inference.ports" . | trim | nindent 2 }}
startupProbe:
  {{- include "elastic-inference.readyProbe" . | nindent 2 }}
  {{- toYaml .Values.probes.startup | nindent 2 }}
readinessProbe:
  {{- include "elastic-inference.readyProbe" . | nindent 2 }}
  {{- toYaml .Values.probes.readiness | nindent 2 }}
# TCP only: a restart does not help a busy server, or one whose model is missing in the bucket.
livenessProbe:
  tcpSocket:
    port: http-serving
  # As long as the start may take: no document of ECI has a startup probe.
  initialDelaySeconds: {{ include "elastic-inference.startSeconds" . }}
  {{- toYaml .Values.probes.liveness | nindent 2 }}
{{- if $server.drainSeconds }}
lifecycle:
  preStop:
    exec:
      # Wait until the Ingress sends no more requests, and the last ones are answered.
      command: [sleep, {{ int $server.drainSeconds | quote }}]
{{- end }}
{{- with include "elastic-inference.resources" . }}
resources:
  {{- . | nindent 2 }}
{{- end }}
# ECI takes most of these at the container only.
securityContext:
  runAsNonRoot: true
  runAsUser: {{ int64 .Values.runAsUser }}
  runAsGroup: {{ int64 .Values.runAsUser }}
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
  seccompProfile:
    type: RuntimeDefault
volumeMounts:
  {{- if .Values.storage.enabled }}
  - name: model
    mountPath: {{ .Values.storage.mountPath }}
    readOnly: true
  {{- end }}
  {{- if include "elastic-inference.configData" . }}
  - name: config
    mountPath: /etc/tensorflow-serving
    readOnly: true
  {{- end }}
  - name: tmp
    mountPath: /tmp
  {{- if $server.sharedMemorySize }}
  - name: shared-memory
    mountPath: /dev/shm
  {{- end }}
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "elastic-inference.volumes" -}}
{{- $server := include "elastic-inference.server" . | fromYaml }}
{{- if .Values.storage.enabled }}
- name: model
  persistentVolumeClaim:
    claimName: {{ include "elastic-inference.claimName" . }}
    readOnly: true
{{- end }}
{{- if include "elastic-inference.configData" . }}
- name: config
  configMap:
    name: {{ include "elastic-inference.name" . }}-config
{{- end }}
- name: tmp
  emptyDir:
    sizeLimit: {{ $server.tmpSize }}
{{- with $server.sharedMemorySize }}
- name: shared-memory
  emptyDir:
    medium: Memory
    sizeLimit: {{ . }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
