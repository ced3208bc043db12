{{- define "adapter.volumes" -}}
- name: config
  configMap:
    name: {{ include "adapter.fullname" . }}
{{- with include "adapter.tlsSecret" . }}
- name: serving-certificate
  secret:
    secretName: {{ . }}
{{- else }}
# In memory, so the private key is on no disk and is deleted with the pod.
- name: serving-certificate
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
{{- end }}
{{- with .Values.credentials }}
{{- if eq .source "secret" }}
- name: key
  secret:
    secretName: {{ .secret.name }}
    items:
      - key: {{ .secret.accessKeyIdKey }}
        path: access-key-id
      - key: {{ .secret.accessKeySecretKey }}
        path: access-key-secret
      {{- with .secret.securityTokenKey }}
      - key: {{ . }}
        path: security-token
      {{- end }}
{{- else if and (eq .source "rrsa") .rrsa.roleArn }}
- name: rrsa
  projected:
    sources:
      - serviceAccountToken:
          audience: sts.aliyuncs.com
          expirationSeconds: 3600
          path: token
{{- end }}
{{- end }}
{{- if and .Values.keda.enabled .Values.keda.clientCaSecret }}
- name: keda-clients
  secret:
    secretName: {{ .Values.keda.clientCaSecret }}
    items:
      - key: ca.crt
        path: ca.crt
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "adapter.volumeMounts" -}}
- name: config
  mountPath: /etc/sls-metrics-adapter
  readOnly: true
- name: serving-certificate
  mountPath: /run/sls-metrics-adapter
  {{- if include "adapter.tlsSecret" . }}
  readOnly: true
  {{- end }}
{{- with .Values.credentials }}
{{- if eq .source "secret" }}
- name: key
  mountPath: /var/run/secrets/sls-metrics-adapter/key
  readOnly: true
{{- else if and (eq .source "rrsa") .rrsa.roleArn }}
- name: rrsa
  mountPath: /var/run/secrets/sls-metrics-adapter/rrsa
  readOnly: true
{{- end }}
{{- end }}
{{- if and .Values.keda.enabled .Values.keda.clientCaSecret }}
- name: keda-clients
  mountPath: /var/run/secrets/sls-metrics-adapter/keda
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}
