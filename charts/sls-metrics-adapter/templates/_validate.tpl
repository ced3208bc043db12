{{/* What the schema cannot say: every fault, with its path. */}}
{{- define "adapter.validate" -}}
{{- $faults := concat (include "adapter.configFaults" . | fromJsonArray) (include "adapter.tlsFaults" . | fromJsonArray) (include "adapter.keyFaults" . | fromJsonArray) -}}
{{- with .Values.podDisruptionBudget -}}
{{- if and .enabled (eq (toString .minAvailable) "") (eq (toString .maxUnavailable) "") -}}
{{- $faults = append $faults "podDisruptionBudget.maxUnavailable: must be given, or minAvailable" -}}
{{- else if and (ne (toString .minAvailable) "") (ne (toString .maxUnavailable) "") -}}
{{- $faults = append $faults "podDisruptionBudget.minAvailable: must not be given beside maxUnavailable: set that to ''" -}}
{{- end -}}
{{- end -}}
{{- if $faults -}}
{{- fail (printf "wrong values:\n  %s" (join "\n  " $faults)) -}}
{{- end -}}
{{- end -}}

{{- define "adapter.configFaults" -}}
{{- $faults := list -}}
{{- $sls := dig "sls" dict .Values.config -}}
{{- if not (or $sls.region $sls.endpoint) -}}
{{- $faults = append $faults "config.sls.region: must be given, such as cn-beijing, unless config.sls.endpoint is" -}}
{{- end -}}
{{- with .Values.credentials -}}
{{- if and $sls.credentials (ne .source "default") -}}
{{- $faults = append $faults (printf "config.sls.credentials: must not be given where credentials.source is %s" .source) -}}
{{- end -}}
{{- $rrsa := or .rrsa.roleName .rrsa.roleArn .rrsa.oidcProviderArn -}}
{{- if eq .source "rrsa" -}}
{{- if not $rrsa -}}
{{- $faults = append $faults "credentials.rrsa.roleName: must be given where credentials.source is rrsa, or roleArn and oidcProviderArn" -}}
{{- else if and .rrsa.roleName (or .rrsa.roleArn .rrsa.oidcProviderArn) -}}
{{- $faults = append $faults "credentials.rrsa.roleName: must not be given beside roleArn and oidcProviderArn: it is for the webhook" -}}
{{- else if and (not .rrsa.roleName) (not (and .rrsa.roleArn .rrsa.oidcProviderArn)) -}}
{{- $faults = append $faults "credentials.rrsa.roleArn: must be given together with oidcProviderArn" -}}
{{- end -}}
{{- else if $rrsa -}}
{{- $faults = append $faults (printf "credentials.rrsa: must not be given where credentials.source is %s" .source) -}}
{{- end -}}
{{- if and (eq .source "secret") (not .secret.name) -}}
{{- $faults = append $faults "credentials.secret.name: must be given where credentials.source is secret" -}}
{{- else if and .secret.name (ne .source "secret") -}}
{{- $faults = append $faults (printf "credentials.secret.name: must not be given where credentials.source is %s" .source) -}}
{{- end -}}
{{- if and .nodeRole.name (ne .source "node-role") -}}
{{- $faults = append $faults (printf "credentials.nodeRole.name: must not be given where credentials.source is %s" .source) -}}
{{- end -}}
{{- end -}}
{{ toJson $faults }}
{{- end -}}

{{- define "adapter.tlsFaults" -}}
{{- $faults := list -}}
{{- $mode := .Values.tls.mode -}}
{{- $existing := eq $mode "existing-secret" -}}
{{- if and $existing (not .Values.tls.existingSecret) -}}
{{- $faults = append $faults "tls.existingSecret: must name a Secret of type kubernetes.io/tls where tls.mode is existing-secret" -}}
{{- else if and .Values.tls.existingSecret (not $existing) -}}
{{- $faults = append $faults (printf "tls.existingSecret: must not be given where tls.mode is %s" $mode) -}}
{{- end -}}
{{- with .Values.apiService -}}
{{- if and .caBundle .insecureSkipTLSVerify -}}
{{- $faults = append $faults "apiService.insecureSkipTLSVerify: must be false where apiService.caBundle is given: Kubernetes takes one of the two" -}}
{{- else if and .insecureSkipTLSVerify (not $existing) -}}
{{- $faults = append $faults (printf "apiService.insecureSkipTLSVerify: must be false where tls.mode is %s, which keeps the caBundle" $mode) -}}
{{- end -}}
{{- if and .caBundle (not $existing) -}}
{{- $faults = append $faults (printf "apiService.caBundle: must not be given where tls.mode is %s, which keeps it" $mode) -}}
{{- end -}}
{{- $injected := or (hasKey .annotations "cert-manager.io/inject-ca-from") (hasKey .annotations "cert-manager.io/inject-ca-from-secret") -}}
{{- if and $existing .create (not (or .caBundle .insecureSkipTLSVerify $injected)) -}}
{{- $faults = append $faults "apiService.caBundle: must be given where tls.mode is existing-secret: the authority of that certificate, PEM" -}}
{{- end -}}
{{- end -}}
{{ toJson $faults }}
{{- end -}}

{{/* Values are kept by Helm in the cluster, and often in a repository. */}}
{{- define "adapter.keyFaults" -}}
{{- $faults := list -}}
{{- $names := list "ALIBABA_CLOUD_ACCESS_KEY_ID" "ALIBABA_CLOUD_ACCESS_KEY_SECRET" "ALIBABA_CLOUD_SECURITY_TOKEN" "AccessKeyId" "AccessKeySecret" "SecurityToken" -}}
{{- range $index, $variable := .Values.extraEnv -}}
{{- if and (has $variable.name $names) (hasKey $variable "value") -}}
{{- $faults = append $faults (printf "extraEnv[%d].value: must not hold a key: name a Secret by valueFrom.secretKeyRef" $index) -}}
{{- end -}}
{{- end -}}
{{- range $key, $value := .Values -}}
{{- if regexMatch "LTAI[0-9A-Za-z]{12}" (toJson $value) -}}
{{- $faults = append $faults (printf "%s: must not hold an access key (LTAI…): name a Secret by credentials.secret.name" $key) -}}
{{- end -}}
{{- end -}}
{{ toJson $faults }}
{{- end -}}
