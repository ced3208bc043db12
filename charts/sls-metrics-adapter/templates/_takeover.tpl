{{/*
A cluster has one APIService of external metrics. Its owner is never changed by Helm: an uninstall would delete it for the
other provider too. `lookup` finds nothing in `helm template` and in a dry run of the client.
*/}}
{{- define "adapter.apiServiceName" -}}
v1beta1.external.metrics.k8s.io
{{- end -}}

{{- define "adapter.liveApiService" -}}
{{ lookup "apiregistration.k8s.io/v1" "APIService" "" (include "adapter.apiServiceName" .) | toJson }}
{{- end -}}

{{/*
Who owns the APIService, in words; empty: there is none, or this release owns or may adopt it. It may adopt the one of
deploy/adapter (helm install --take-ownership), but not one of another provider that was patched to name its Service.
*/}}
{{- define "adapter.otherProvider" -}}
{{- with include "adapter.liveApiService" . | fromJson -}}
{{- $service := dig "spec" "service" dict . -}}
{{- $release := dig "metadata" "annotations" "meta.helm.sh/release-name" "" . -}}
{{- $space := dig "metadata" "annotations" "meta.helm.sh/release-namespace" "" . -}}
{{- $isOfRelease := and (include "adapter.ownsApiService" $) (eq (default "" $service.namespace) $.Release.Namespace) -}}
{{- $isAdapters := eq (dig "metadata" "labels" "app.kubernetes.io/name" "" .) (include "adapter.name" $) -}}
{{- $isAdoptable := and (not $release) $isAdapters (include "adapter.namesOwnService" $) -}}
{{- if not (or $isOfRelease $isAdoptable) -}}
Service {{ $service.namespace }}/{{ $service.name }}
{{- if $release }}, and to Helm release {{ $release }} in namespace {{ $space }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Not empty if the APIService exists and names the Service of this release. */}}
{{- define "adapter.namesOwnService" -}}
{{- $service := dig "spec" "service" dict (include "adapter.liveApiService" . | fromJson) -}}
{{- if and (eq (default "" $service.name) (include "adapter.fullname" .)) (eq (default "" $service.namespace) .Release.Namespace) }}true{{ end -}}
{{- end -}}

{{/* The command that makes the APIService name the Service of this release. */}}
{{- define "adapter.takeOverCommand" -}}
{{- $service := dict "name" (include "adapter.fullname" .) "namespace" .Release.Namespace "port" 443 -}}
{{- $spec := dict "service" $service "caBundle" nil "insecureSkipTLSVerify" nil -}}
{{- with .Values.apiService.caBundle -}}{{- $_ := set $spec "caBundle" (b64enc .) -}}{{- end -}}
{{- if .Values.apiService.insecureSkipTLSVerify -}}{{- $_ := set $spec "insecureSkipTLSVerify" true -}}{{- end -}}
{{- $patch := dict "spec" $spec -}}
{{- with include "adapter.apiServiceAnnotations" . | fromYaml -}}{{- $_ := set $patch "metadata" (dict "annotations" .) -}}{{- end -}}
kubectl patch apiservice {{ include "adapter.apiServiceName" . }} --type=merge -p '{{ toJson $patch }}'
{{- end -}}

{{/* Not empty if this release owns the APIService, whatever Service it names. */}}
{{- define "adapter.ownsApiService" -}}
{{- $annotations := dig "metadata" "annotations" dict (include "adapter.liveApiService" . | fromJson) -}}
{{- $release := get $annotations "meta.helm.sh/release-name" -}}
{{- if and (eq $release .Release.Name) (eq (get $annotations "meta.helm.sh/release-namespace") .Release.Namespace) }}true{{ end -}}
{{- end -}}

{{/* The command that makes the APIService name the Service that it names now. */}}
{{- define "adapter.wayBackCommand" -}}
{{- $spec := (include "adapter.liveApiService" . | fromJson).spec -}}
{{- $before := dict "service" $spec.service "caBundle" $spec.caBundle "insecureSkipTLSVerify" $spec.insecureSkipTLSVerify -}}
kubectl patch apiservice {{ include "adapter.apiServiceName" . }} --type=merge -p '{{ dict "spec" $before | toJson }}'
{{- end -}}

{{/* The command that creates the APIService again as it is now, after it was deleted. */}}
{{- define "adapter.createAgainCommand" -}}
{{- $object := dict "apiVersion" "apiregistration.k8s.io/v1" "kind" "APIService" -}}
{{- $_ := set $object "metadata" (dict "name" (include "adapter.apiServiceName" .)) -}}
{{- $_ := set $object "spec" (include "adapter.liveApiService" . | fromJson).spec -}}
echo '{{ toJson $object }}' | kubectl create -f -
{{- end -}}

{{- define "adapter.refuseOtherProvider" -}}
{{- with include "adapter.otherProvider" . -}}
{{- $text := list (printf "APIService %s belongs to %s. A cluster has one provider of external metrics, so nothing was changed." (include "adapter.apiServiceName" $) .) -}}
{{- if include "adapter.ownsApiService" $ -}}
{{- $text = append $text (printf "This release created it, so helm uninstall deletes it for that provider too. To leave it to that provider, uninstall this release, then type:\n  %s" (include "adapter.createAgainCommand" $)) -}}
{{- $text = append $text (printf "To take it back, type this, then run this command again:\n  %s" (include "adapter.takeOverCommand" $)) -}}
{{- else if contains "/keda-" . -}}
{{- $text = append $text "It is KEDA's, and every ScaledObject needs it. Keep it: run this command again with\n  --set apiService.create=false --set tls.mode=cert-manager --set keda.enabled=true\nand let ScaledObjects read this adapter (docs/keda.md). This needs cert-manager in the cluster; without it, set tls.mode=existing-secret." -}}
{{- else if include "adapter.namesOwnService" $ -}}
{{- $text = append $text "It already names the Service of this release, which did not create it. While the other provider is installed, run this command again with\n  --set apiService.create=false\nso that an uninstall leaves the APIService to that provider. Do not add labels of Helm to it." -}}
{{- $text = append $text (printf "Once the other provider is uninstalled, delete the APIService if it is still there, then run this command again:\n  kubectl delete apiservice %s --ignore-not-found" (include "adapter.apiServiceName" $)) -}}
{{- else -}}
{{- $text = append $text "See which HPAs would stop:\n  sls-metrics-adapter doctor --migrate" -}}
{{- $text = append $text "To take over, run this command again with\n  --set apiService.create=false\nso that the release does not own the APIService and its uninstall cannot delete it. When its pods run, type:" -}}
{{- $text = append $text (printf "  %s" (include "adapter.takeOverCommand" $)) -}}
{{- $text = append $text (printf "The way back; keep it:\n  %s" (include "adapter.wayBackCommand" $)) -}}
{{- if contains "Helm release" . -}}
{{- $text = append $text "If that Helm release is uninstalled, it deletes the APIService. Then run helm upgrade with apiService.create=true." -}}
{{- end -}}
{{- $text = append $text "To keep the other provider, set apiService.create=false and type nothing more." -}}
{{- end -}}
{{- fail (join "\n" $text) -}}
{{- end -}}
{{- end -}}

{{- define "adapter.apiServiceAnnotations" -}}
{{- $injected := dict -}}
{{- if eq .Values.tls.mode "cert-manager" -}}
{{- $injected = dict "cert-manager.io/inject-ca-from" (printf "%s/%s-serving" .Release.Namespace (include "adapter.fullname" .)) -}}
{{- end -}}
{{- with merge $injected (default dict .Values.apiService.annotations) -}}
{{ toYaml . }}
{{- end -}}
{{- end -}}
