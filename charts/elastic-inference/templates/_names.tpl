{{- define "elastic-inference.name" -}}
{{ .Values.name | default .Release.Name }}
{{- end }}

{{- define "elastic-inference.claimName" -}}
{{ .Values.storage.claimName | default (printf "%s-model" (include "elastic-inference.name" .)) }}
{{- end }}

{{- /* PersistentVolumes have no Namespace. Without it in the name, two releases could use the same volume. */}}
{{- define "elastic-inference.volumeName" -}}
{{ .Values.storage.volumeName | default (printf "%s-%s-model" .Release.Namespace (include "elastic-inference.name" .)) }}
{{- end }}

{{- define "elastic-inference.secretName" -}}
{{ .Values.storage.oss.secretName | default (printf "%s-oss" (include "elastic-inference.name" .)) }}
{{- end }}

{{- define "elastic-inference.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "elastic-inference.labels" -}}
{{ include "elastic-inference.selectorLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "elastic-inference.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "elastic-inference.labels" .root | nindent 2 }}
{{- end }}

{{- /* The port of the Service behind the Ingress. It is the last part of the route. */}}
{{- define "elastic-inference.routePort" -}}
{{ include (ternary "elastic-inference.grpcPort" "elastic-inference.restPort" (eq .Values.ingress.backend "grpc")) . }}
{{- end }}

{{- define "elastic-inference.restPort" -}}
{{ .Values.service.restPort | default (include "elastic-inference.server" . | fromYaml).rest | int }}
{{- end }}

{{- define "elastic-inference.grpcPort" -}}
{{ .Values.service.grpcPort | default (include "elastic-inference.server" . | fromYaml).grpc | int }}
{{- end }}

{{- /* How the kind of gateway begins the names of its metrics. */}}
{{- define "elastic-inference.metricPrefix" -}}
{{ get (dict "nginx" "sls_ingress" "alb" "sls_alb_ingress" "mse" "sls_mse_ingress" "gateway" "sls_envoy_gateway") .Values.ingress.kind }}
{{- end }}

{{- define "elastic-inference.ingressName" -}}
{{ .Values.ingress.name | default (include "elastic-inference.name" .) }}
{{- end }}

{{- define "elastic-inference.logstore" -}}
{{ .Values.autoscaling.sls.logstore | default "nginx-ingress" }}
{{- end }}

{{- /*
The second and the third part of the route, after the Namespace. Ingress controllers log the Service and its port. Envoy
Gateway logs the HTTPRoute and the index of its rule.
*/}}
{{- define "elastic-inference.routeParts" -}}
{{- if eq .Values.ingress.kind "gateway" }}
service: {{ include "elastic-inference.ingressName" . | quote }}
port: "0"
{{- else }}
service: {{ include "elastic-inference.name" . | quote }}
port: {{ include "elastic-inference.routePort" . | quote }}
{{- end }}
{{- end }}

{{- define "elastic-inference.route" -}}
{{- $parts := include "elastic-inference.routeParts" . | fromYaml -}}
{{ printf "%s-%s-%s" .Release.Namespace $parts.service $parts.port }}
{{- end }}

{{- define "elastic-inference.project" -}}
{{ .Values.autoscaling.sls.project | default (printf "k8s-log-%s" .Values.autoscaling.sls.clusterId) }}
{{- end }}

{{- /* The labels of the HPA's metrics. A label value has at most 63 characters, so a longer route is given in parts. */}}
{{- define "elastic-inference.routeLabels" -}}
sls.project: {{ include "elastic-inference.project" . | quote }}
sls.logstore: {{ include "elastic-inference.logstore" . | quote }}
{{- $route := include "elastic-inference.route" . }}
{{- if le (len $route) 63 }}
sls.ingress.route: {{ $route | quote }}
{{- else }}
{{- $parts := include "elastic-inference.routeParts" . | fromYaml }}
sls.ingress.namespace: {{ .Release.Namespace | quote }}
sls.ingress.service: {{ $parts.service | quote }}
sls.ingress.port: {{ $parts.port | quote }}
{{- end }}
{{- range $key, $value := .Values.autoscaling.sls.labels }}
{{ $key }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{- /* Prints a whole number. Helm reads numbers as floats, and would print 1623831335 as 1.623831335e+09. */}}
{{- define "elastic-inference.number" -}}
{{ if kindIs "string" . }}{{ . }}{{ else if eq (float64 (int64 .)) (float64 .) }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- end }}
