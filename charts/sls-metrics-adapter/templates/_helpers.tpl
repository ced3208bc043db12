{{- define "adapter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "adapter.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains (include "adapter.name" .) .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "adapter.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "adapter.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "adapter.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Must never change: the selector of a Deployment is immutable. */}}
{{- define "adapter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "adapter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "adapter.ownLabels" -}}
{{ include "adapter.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "adapter.labels" -}}
{{ include "adapter.ownLabels" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "adapter.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "adapter.subject" -}}
- kind: ServiceAccount
  name: {{ include "adapter.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}

{{/* The Secret with tls.crt and tls.key; empty if the adapter creates its own certificate. */}}
{{- define "adapter.tlsSecret" -}}
{{- if eq .Values.tls.mode "cert-manager" -}}
{{ include "adapter.fullname" . }}-serving-certificate
{{- else if eq .Values.tls.mode "existing-secret" -}}
{{ .Values.tls.existingSecret }}
{{- end -}}
{{- end -}}

{{- define "adapter.shutdownDelaySeconds" -}}
{{ dig "server" "shutdownDelaySeconds" 8 .Values.config }}
{{- end -}}

{{/* Differ from the selector of the Service: the test pod must get no requests. */}}
{{- define "adapter.testLabels" -}}
{{- $labels := include "adapter.labels" . | fromYaml -}}
{{- $_ := set $labels "app.kubernetes.io/name" (printf "%s-test" (include "adapter.name" .) | trunc 63) -}}
{{ toYaml (set $labels "app.kubernetes.io/component" "test") }}
{{- end -}}

{{/* All addresses but those of pods, as peers of a NetworkPolicy; none if podCIDRs is empty. */}}
{{- define "adapter.notPods" -}}
{{- $peers := list -}}
{{- if .Values.networkPolicy.podCIDRs -}}
{{- range $all := list "0.0.0.0/0" "::/0" -}}
{{- $except := list -}}
{{- range $.Values.networkPolicy.podCIDRs -}}
{{- if eq (contains ":" .) (contains ":" $all) -}}
{{- $except = append $except . -}}
{{- end -}}
{{- end -}}
{{- $block := dict "cidr" $all -}}
{{- if $except -}}
{{- $_ := set $block "except" $except -}}
{{- end -}}
{{- $peers = append $peers (dict "ipBlock" $block) -}}
{{- end -}}
{{- end -}}
{{ toYaml $peers }}
{{- end -}}
