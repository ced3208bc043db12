{{/* Reports all faults that the schema cannot find, each with its path. */}}
{{- define "adapter.validate" -}}
{{- $faults := list -}}
{{- range tuple "name" "config" "tls" "keda" "key" "pod" "budget" -}}
{{- $faults = concat $faults (include (printf "adapter.%sFaults" .) $ | fromJsonArray) -}}
{{- end -}}
{{- if $faults -}}
{{- fail (printf "wrong values:\n  %s" (join "\n  " $faults)) -}}
{{- end -}}
{{- end -}}

{{- define "adapter.nameFaults" -}}
{{- $faults := list -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" (include "adapter.fullname" .)) -}}
{{- $faults = append $faults (printf "fullnameOverride: must be set, since %s is not a valid Service name, which starts with a letter and has no dot" (include "adapter.fullname" .)) -}}
{{- end -}}
{{- $own := dict "commonLabels" (include "adapter.ownLabels" . | fromYaml) "podLabels" (include "adapter.selectorLabels" . | fromYaml) -}}
{{- range $value, $labels := $own -}}
{{- range $key, $_ := index $.Values $value -}}
{{- if hasKey $labels $key -}}
{{- $faults = append $faults (printf "%s: must not have %s, which the chart sets" $value $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{ toJson $faults }}
{{- end -}}

{{- define "adapter.podFaults" -}}
{{- $faults := list -}}
{{- range $probe := tuple "startupProbe" "livenessProbe" "readinessProbe" -}}
{{- with index $.Values $probe -}}
{{- $handlers := pick . "exec" "grpc" "httpGet" "tcpSocket" | keys | sortAlpha -}}
{{- if ne (len $handlers) 1 -}}
{{- $faults = append $faults (printf "%s: must have one of exec, grpc, httpGet and tcpSocket, but has %s: set the one of the chart to null" $probe ($handlers | join " and " | default "none")) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $telemetry := dig "telemetry" dict .Values.config -}}
{{- $address := default "127.0.0.1" $telemetry.bindAddress -}}
{{- if and .Values.podMonitor.enabled $telemetry.port (regexMatch "^(127[.]|::1$|localhost$)" $address) -}}
{{- $faults = append $faults (printf "config.telemetry.bindAddress: must be 0.0.0.0 for podMonitor: Prometheus cannot reach the port at %s" $address) -}}
{{- end -}}
{{ toJson $faults }}
{{- end -}}

{{- define "adapter.kedaFaults" -}}
{{- $faults := list -}}
{{- with .Values.keda -}}
{{- if and .enabled (eq $.Values.tls.mode "self-managed") -}}
{{- $faults = append $faults "tls.mode: must be cert-manager or existing-secret if keda.enabled is true: KEDA cannot know the certificate that each pod makes" -}}
{{- end -}}
{{- if and .enabled (eq (int .port) (int $.Values.containerPort)) -}}
{{- $faults = append $faults "keda.port: must differ from containerPort" -}}
{{- end -}}
{{- if and .enabled (not .from) $.Values.networkPolicy.enabled -}}
{{- $faults = append $faults "keda.from: must select the pods of KEDA's operator: they alone can reach the port" -}}
{{- end -}}
{{- if and .enabled (not .clientCaSecret) (or $.Values.hostNetwork (not $.Values.networkPolicy.enabled)) -}}
{{- $faults = append $faults "keda.clientCaSecret: must be set without a NetworkPolicy (networkPolicy.enabled false, or hostNetwork): else every pod can read every metric" -}}
{{- end -}}
{{- if and .clientCaSecret (not .enabled) -}}
{{- $faults = append $faults "keda.clientCaSecret: must not be set if keda.enabled is false" -}}
{{- end -}}
{{- end -}}
{{ toJson $faults }}
{{- end -}}

{{/* A budget that allows no eviction blocks every drain. */}}
{{- define "adapter.budgetFaults" -}}
{{- $faults := list -}}
{{- with .Values.podDisruptionBudget -}}
{{- if .enabled -}}
{{- $least := toString .minAvailable -}}
{{- $most := toString .maxUnavailable -}}
{{- if not (or $least $most) -}}
{{- $faults = append $faults "podDisruptionBudget.maxUnavailable: must be set, or minAvailable" -}}
{{- else if and $least $most -}}
{{- $faults = append $faults "podDisruptionBudget.minAvailable: must not be set together with maxUnavailable: set that to ''" -}}
{{- else if or (eq $least "100%") (and $least (not (hasSuffix "%" $least)) (ge (int $least) (int $.Values.replicas))) -}}
{{- $faults = append $faults (printf "podDisruptionBudget.minAvailable: must be less than replicas (%d), else none of their nodes can be drained" (int $.Values.replicas)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{ toJson $faults }}
{{- end -}}

{{- define "adapter.configFaults" -}}
{{- $faults := list -}}
{{- $sls := dig "sls" dict .Values.config -}}
{{- if not (or $sls.region $sls.endpoint) -}}
{{- $faults = append $faults "config.sls.region: must be set, such as cn-beijing, unless config.sls.endpoint is set" -}}
{{- end -}}
{{- with .Values.credentials -}}
{{- if and $sls.credentials (ne .source "default") -}}
{{- $faults = append $faults (printf "config.sls.credentials: must not be set if credentials.source is %s" .source) -}}
{{- end -}}
{{- $rrsa := or .rrsa.roleName .rrsa.roleArn .rrsa.oidcProviderArn -}}
{{- if eq .source "rrsa" -}}
{{- if not $rrsa -}}
{{- $faults = append $faults "credentials.rrsa.roleName: must be set if credentials.source is rrsa, or roleArn and oidcProviderArn" -}}
{{- else if and .rrsa.roleName (or .rrsa.roleArn .rrsa.oidcProviderArn) -}}
{{- $faults = append $faults "credentials.rrsa.roleName: must not be set together with roleArn and oidcProviderArn: it is for the webhook" -}}
{{- else if and (not .rrsa.roleName) (not (and .rrsa.roleArn .rrsa.oidcProviderArn)) -}}
{{- $faults = append $faults "credentials.rrsa.roleArn: must be set together with oidcProviderArn" -}}
{{- end -}}
{{- else if $rrsa -}}
{{- $faults = append $faults (printf "credentials.rrsa: must not be set if credentials.source is %s" .source) -}}
{{- end -}}
{{- if and (eq .source "secret") (not .secret.name) -}}
{{- $faults = append $faults "credentials.secret.name: must be set if credentials.source is secret" -}}
{{- else if and .secret.name (ne .source "secret") -}}
{{- $faults = append $faults (printf "credentials.secret.name: must not be set if credentials.source is %s" .source) -}}
{{- end -}}
{{- if and .nodeRole.name (ne .source "node-role") -}}
{{- $faults = append $faults (printf "credentials.nodeRole.name: must not be set if credentials.source is %s" .source) -}}
{{- end -}}
{{- end -}}
{{ toJson $faults }}
{{- end -}}

{{- define "adapter.tlsFaults" -}}
{{- $faults := list -}}
{{- $mode := .Values.tls.mode -}}
{{- $existing := eq $mode "existing-secret" -}}
{{- if and $existing (not .Values.tls.existingSecret) -}}
{{- $faults = append $faults "tls.existingSecret: must name a Secret of type kubernetes.io/tls if tls.mode is existing-secret" -}}
{{- else if and .Values.tls.existingSecret (not $existing) -}}
{{- $faults = append $faults (printf "tls.existingSecret: must not be set if tls.mode is %s" $mode) -}}
{{- end -}}
{{- with .Values.tls.certManager.issuerRef -}}
{{- if not .name -}}
{{- $faults = append $faults "tls.certManager.issuerRef.name: must be set together with kind and group" -}}
{{- end -}}
{{- end -}}
{{- with .Values.apiService -}}
{{- if and .caBundle .insecureSkipTLSVerify -}}
{{- $faults = append $faults "apiService.insecureSkipTLSVerify: must be false if apiService.caBundle is set: Kubernetes accepts only one of the two" -}}
{{- else if and .insecureSkipTLSVerify (not $existing) -}}
{{- $faults = append $faults (printf "apiService.insecureSkipTLSVerify: must be false if tls.mode is %s, which sets the caBundle" $mode) -}}
{{- end -}}
{{- if and .caBundle (not $existing) -}}
{{- $faults = append $faults (printf "apiService.caBundle: must not be set if tls.mode is %s, which sets it" $mode) -}}
{{- end -}}
{{- $injected := pick (default dict .annotations) "cert-manager.io/inject-ca-from" "cert-manager.io/inject-ca-from-secret" -}}
{{- if and $existing .create (not (or .caBundle .insecureSkipTLSVerify $injected)) -}}
{{- $faults = append $faults "apiService.caBundle: must be set if tls.mode is existing-secret: the CA of that certificate, PEM" -}}
{{- end -}}
{{- end -}}
{{ toJson $faults }}
{{- end -}}

{{/* Helm stores values in the cluster, and users often store them in a repository. */}}
{{- define "adapter.keyFaults" -}}
{{- $faults := list -}}
{{- $names := list "ALIBABA_CLOUD_ACCESS_KEY_ID" "ALIBABA_CLOUD_ACCESS_KEY_SECRET" "ALIBABA_CLOUD_SECURITY_TOKEN" "AccessKeyId" "AccessKeySecret" "SecurityToken" -}}
{{- range $index, $variable := .Values.extraEnv -}}
{{- if and (has $variable.name $names) (hasKey $variable "value") -}}
{{- $faults = append $faults (printf "extraEnv[%d].value: must not contain a key: name a Secret by valueFrom.secretKeyRef" $index) -}}
{{- end -}}
{{- end -}}
{{- range $key, $value := .Values -}}
{{- if regexMatch "LTAI[0-9A-Za-z]{12}" (toJson $value) -}}
{{- $faults = append $faults (printf "%s: must not contain an access key (LTAI…): name a Secret by credentials.secret.name" $key) -}}
{{- end -}}
{{- end -}}
{{ toJson $faults }}
{{- end -}}
