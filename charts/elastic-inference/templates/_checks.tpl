{{- /* Reports all faults that the schema cannot find, together: path, fault, and what to write. */}}
{{- define "elastic-inference.check" -}}
{{- $faults := list }}
{{- range list "name" "labels" "keys" "model" "storage" "burst" "autoscaling" "ingress" "metrics" }}
{{- $faults = concat $faults (include (printf "elastic-inference.faults.%s" .) $ | splitList "\n") }}
{{- end }}
{{- with compact $faults }}
{{- fail (printf "\n%s" (join "\n" .)) }}
{{- end }}
{{- end }}

{{- define "elastic-inference.faults.name" }}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" (include "elastic-inference.name" .)) }}
name: the release name {{ .Release.Name | quote }} is not a valid Service name, which must start with a letter; set name
{{- end }}
{{- end }}

{{- define "elastic-inference.faults.labels" }}
{{- range $key, $_ := merge (include "elastic-inference.selectorLabels" . | fromYaml) (include "elastic-inference.burstLabels" . | fromYaml) }}
{{- if hasKey (default dict $.Values.podLabels) $key }}
podLabels: {{ $key }} is set by the chart; Service, Deployment or ECI select pods by it
{{- end }}
{{- end }}
{{- end }}

{{- /* storage.oss has its own rules. */}}
{{- define "elastic-inference.faults.keys" }}
{{- range $key, $value := omit .Values "storage" }}
{{- if regexMatch "LTAI[0-9A-Za-z]{12}" (toJson $value) }}
{{ $key }}: contains an access key (LTAI…) in plain text; put it into a Secret
{{- end }}
{{- end }}
{{- end }}

{{- define "elastic-inference.faults.model" }}
{{- if not .Values.model.name }}
model.name: is missing; set the name of the model in requests
{{- end }}
{{- $base := .Values.model.basePath }}
{{- if not $base }}
model.basePath: is missing; set the directory with one directory for each version, e.g. {{ .Values.storage.mountPath }}/models/mine
{{- else if and (ne $base .Values.storage.mountPath) (not (hasPrefix (printf "%s/" (trimSuffix "/" .Values.storage.mountPath)) $base)) }}
model.basePath: {{ $base }} is not below storage.mountPath, {{ .Values.storage.mountPath }}, the mount path of the bucket
{{- end }}
{{- $policy := .Values.model.versionPolicy }}
{{- if and $policy.all $policy.specific }}
model.versionPolicy: all and specific exclude each other; remove one
{{- end }}
{{- end }}

{{- define "elastic-inference.faults.storage" }}
{{- $oss := .Values.storage.oss }}
{{- if has (trimSuffix "/" .Values.storage.mountPath) (list "/tmp" "/etc/tensorflow-serving") }}
storage.mountPath: {{ .Values.storage.mountPath }} is used by another mount of the chart
{{- end }}
{{- if .Values.storage.create }}
{{- if not $oss.bucket }}
storage.oss.bucket: is missing; set the bucket with the model (or storage.create: false and storage.claimName)
{{- end }}
{{- if not $oss.url }}
storage.oss.url: is missing; set the endpoint of the bucket inside the VPC, e.g. oss-cn-beijing-internal.aliyuncs.com
{{- end }}
{{- else if not .Values.storage.claimName }}
storage.claimName: is missing; storage.create: false needs the name of an existing claim
{{- end }}
{{- if and (or $oss.accessKeyId $oss.accessKeySecret) (not $oss.keysInValues) }}
storage.oss.accessKeyId, .accessKeySecret: a key in values is in plain text in the release and in the values file; create a Secret with the keys akId and akSecret and set storage.oss.secretName (to allow it nevertheless: storage.oss.keysInValues: true)
{{- end }}
{{- if and $oss.keysInValues (not (and $oss.accessKeyId $oss.accessKeySecret)) }}
storage.oss.keysInValues: needs storage.oss.accessKeyId and storage.oss.accessKeySecret
{{- end }}
{{- if and $oss.keysInValues (eq $oss.auth "rrsa") }}
storage.oss.keysInValues: has no effect with storage.oss.auth: rrsa, which needs no key
{{- end }}
{{- if and (eq $oss.auth "rrsa") (not $oss.roleName) }}
storage.oss.roleName: is missing; storage.oss.auth: rrsa needs the RAM role that can read the bucket
{{- end }}
{{- end }}

{{- define "elastic-inference.faults.burst" }}
{{- $burst := .Values.burst }}
{{- if and (eq $burst.by "label") (eq $burst.mode "eci") }}
burst.by: the label alibabacloud.com/eci sends every pod to ECI, so it cannot mean eci (ECS first); set burst.by to virtualNode, or burst.mode to eci_only
{{- end }}
{{- if and (ne $burst.mode "none") .Values.gpu.count (not $burst.useSpecs) }}
burst.useSpecs: is missing; a GPU on ECI needs an instance type with one, e.g. [ecs.gn6i-c4g1.xlarge]
{{- end }}
{{- if and (eq $burst.by "virtualNode") (ne $burst.mode "none") (hasKey (default dict .Values.affinity) "nodeAffinity") }}
affinity.nodeAffinity: is set by burst.by: virtualNode; use nodeSelector, or another burst.by
{{- end }}
{{- if and (eq $burst.spot.strategy "SpotWithPriceLimit") (not $burst.spot.priceLimit) }}
burst.spot.priceLimit: is missing; SpotWithPriceLimit needs the highest price for an hour
{{- end }}
{{- if and $burst.spot.priceLimit (ne $burst.spot.strategy "SpotWithPriceLimit") }}
burst.spot.priceLimit: has no effect with burst.spot.strategy: {{ $burst.spot.strategy }}; it needs SpotWithPriceLimit
{{- end }}
{{- end }}

{{- define "elastic-inference.faults.autoscaling" }}
{{- $auto := .Values.autoscaling }}
{{- if $auto.enabled }}
{{- if gt (int $auto.minReplicas) (int $auto.maxReplicas) }}
autoscaling.minReplicas: {{ int $auto.minReplicas }} is more than autoscaling.maxReplicas, {{ int $auto.maxReplicas }}
{{- end }}
{{- if not (or $auto.sls.project $auto.sls.clusterId) }}
autoscaling.sls.clusterId: is missing; set the ID of the cluster, whose access log is in SLS project k8s-log-{cluster id} (or set autoscaling.sls.project, or autoscaling.enabled: false)
{{- else if and $auto.sls.project $auto.sls.clusterId }}
autoscaling.sls: project and clusterId both name the project; remove one
{{- else if gt (len (include "elastic-inference.project" .)) 63 }}
autoscaling.sls: {{ include "elastic-inference.project" . }} is not a valid SLS project: it has more than 63 characters
{{- end }}
{{- if not (or $auto.qps $auto.latency.milliseconds $auto.concurrency) }}
autoscaling: has nothing to scale by; set qps, latency.milliseconds or concurrency
{{- end }}
{{- end }}
{{- end }}

{{- define "elastic-inference.faults.ingress" }}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) }}
ingress.host: is missing; without it the Ingress would receive requests for every host
{{- end }}
{{- if eq (int .Values.service.grpcPort) (int .Values.service.restPort) }}
service: grpcPort and restPort are both {{ int .Values.service.restPort }}
{{- end }}
{{- end }}

{{- define "elastic-inference.faults.metrics" }}
{{- $metrics := .Values.metrics }}
{{- if and (or $metrics.serviceMonitor.enabled $metrics.scrapeAnnotations) (not $metrics.enabled) }}
metrics.enabled: is false, so serviceMonitor.enabled or scrapeAnnotations would have nothing to scrape
{{- end }}
{{- end }}
