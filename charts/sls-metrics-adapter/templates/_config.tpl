{{/* config.yaml: the values below config, with the source of the credentials. */}}
{{- define "adapter.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $credentials := include "adapter.credentials" . | fromYaml -}}
{{- if $credentials -}}
{{- $sls := mergeOverwrite (deepCopy (dig "sls" dict $config)) (dict "credentials" $credentials) -}}
{{- $_ := set $config "sls" $sls -}}
{{- end -}}
{{ toYaml $config }}
{{- end -}}

{{- define "adapter.credentials" -}}
{{- with .Values.credentials -}}
{{- if eq .source "rrsa" -}}
source: rrsa
{{- if .rrsa.roleArn }}
roleArn: {{ .rrsa.roleArn }}
oidcProviderArn: {{ .rrsa.oidcProviderArn }}
oidcTokenFile: /var/run/secrets/sls-metrics-adapter/rrsa/token
{{- end }}
{{- else if eq .source "secret" -}}
source: secret-file
directory: /var/run/secrets/sls-metrics-adapter/key
{{- else if eq .source "node-role" -}}
source: ecs-role
{{- with .nodeRole.name }}
roleName: {{ . | quote }}
{{- end }}
{{- end -}}
{{- end -}}
{{- end -}}
