{{- /* Pod labels that decide where the pod runs. */}}
{{- define "elastic-inference.burstLabels" -}}
{{- if and (eq .Values.burst.by "label") (eq .Values.burst.mode "eci_only") -}}
alibabacloud.com/eci: 'true'
{{- end }}
{{- end }}

{{- /* Pod annotations for ECI. Empty if the pod cannot run there. */}}
{{- define "elastic-inference.burstAnnotations" -}}
{{- $burst := .Values.burst }}
{{- if ne $burst.mode "none" }}
{{- if and (eq $burst.by "annotation") (ne $burst.mode "serverless") }}
alibabacloud.com/burst-resource: {{ $burst.mode }}
{{- end }}
{{- with $burst.useSpecs }}
k8s.aliyun.com/eci-use-specs: {{ join "," . | quote }}
{{- end }}
{{- with $burst.gpuDriverVersion }}
k8s.aliyun.com/eci-gpu-driver-version: {{ . | quote }}
{{- end }}
{{- with $burst.vSwitches }}
k8s.aliyun.com/eci-vswitch: {{ join "," . | quote }}
{{- end }}
{{- if eq $burst.imageCache "eci-image-cache" }}
k8s.aliyun.com/eci-image-cache: 'true'
{{- end }}
{{- /* ECI creates caches unless told not to, and bills them. */}}
k8s.aliyun.com/eci-auto-imc: {{ eq $burst.imageCache "eci-auto-imc" | quote }}
{{- with $burst.imageCacheId }}
k8s.aliyun.com/eci-imc-id: {{ . }}
{{- end }}
{{- with $burst.ramRoleName }}
k8s.aliyun.com/eci-ram-role-name: {{ . }}
{{- end }}
{{- if ne $burst.spot.strategy "none" }}
k8s.aliyun.com/eci-spot-strategy: {{ $burst.spot.strategy }}
{{- with $burst.spot.priceLimit }}
k8s.aliyun.com/eci-spot-price-limit: {{ include "elastic-inference.number" . | quote }}
{{- end }}
k8s.aliyun.com/eci-spot-duration: {{ int $burst.spot.durationHours | quote }}
k8s.aliyun.com/eci-spot-fallback: {{ $burst.spot.fallback | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "elastic-inference.onVirtualNodes" -}}
{{- if and (eq .Values.burst.by "virtualNode") (has .Values.burst.mode (list "eci" "eci_only")) }}true{{ end }}
{{- end }}

{{- define "elastic-inference.tolerations" -}}
{{- $tolerations := default list .Values.tolerations }}
{{- if include "elastic-inference.onVirtualNodes" . }}
{{- $tolerations = append $tolerations (dict "key" "virtual-kubelet.io/provider" "operator" "Equal" "value" "alibabacloud" "effect" "NoSchedule") }}
{{- end }}
{{- with $tolerations }}{{ toYaml . }}{{ end }}
{{- end }}

{{- /* eci: real nodes are preferred. eci_only: virtual nodes are required. */}}
{{- define "elastic-inference.affinity" -}}
{{- $affinity := default dict .Values.affinity }}
{{- if include "elastic-inference.onVirtualNodes" . }}
{{- $is := dict "key" "type" "operator" "In" "values" (list "virtual-kubelet") }}
{{- $isNot := dict "key" "type" "operator" "NotIn" "values" (list "virtual-kubelet") }}
{{- $required := dict "nodeSelectorTerms" (list (dict "matchExpressions" (list $is))) }}
{{- $preferred := list (dict "weight" 100 "preference" (dict "matchExpressions" (list $isNot))) }}
{{- $node := ternary (dict "requiredDuringSchedulingIgnoredDuringExecution" $required) (dict "preferredDuringSchedulingIgnoredDuringExecution" $preferred) (eq .Values.burst.mode "eci_only") }}
{{- $affinity = merge (dict "nodeAffinity" $node) $affinity }}
{{- end }}
{{- with $affinity }}{{ toYaml . }}{{ end }}
{{- end }}
