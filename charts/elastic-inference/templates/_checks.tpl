{{- /* Reports all faults that the schema cannot find, together: path, fault, and what to write. */}}
{{- define "elastic-inference.check" -}}
{{- $faults := list }}
{{- range list "name" "labels" "keys" "server" "model" "storage" "oss" "burst" "autoscaling" "ingress" "metrics" }}
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

{{- define "elastic-inference.faults.server" }}
{{- $type := .Values.server.type }}
{{- $server := include "elastic-inference.server" . | fromYaml }}
{{- if not $server.image }}
image.repository: is missing; server.type custom needs the image of your server
{{- end }}
{{- if not $server.readyPath }}
server.readyPath: is missing; server.type custom needs the HTTP path that answers 200 once the model can be asked
{{- end }}
{{- if and (not $server.grpc) (or .Values.service.grpcPort (eq .Values.ingress.backend "grpc")) }}
server.ports.grpc: is missing; {{ $type }} has no port for gRPC, so service.grpcPort and ingress.backend: grpc have nothing to point to
{{- end }}
{{- if or (eq $server.grpc $server.rest) (eq $server.grpc $server.metrics) }}
server.ports: two are {{ int $server.grpc }}; use different ports
{{- end }}
{{- $taken := dict "tfserving" "port|rest_api_port|model_config_file|model_name|model_base_path|monitoring_config_file|file_system_poll_wait_seconds" "triton" "model-repository|http-port|grpc-port|metrics-port|allow-metrics|exit-timeout-secs" "vllm" "port|served-model-name|model|tensor-parallel-size" }}
{{- range .Values.extraArgs }}
{{- if regexMatch (printf "^--(%s)(=|$)" (get $taken $type | default "-")) . }}
extraArgs: {{ . }} is set by the chart for server.type {{ $type }}; use the value for it
{{- end }}
{{- end }}
{{- if le (int $server.graceSeconds) (int $server.drainSeconds) }}
terminationGracePeriodSeconds: {{ int $server.graceSeconds }} is not more than the {{ int $server.drainSeconds }} s of drainSeconds, so pods would be killed while they serve
{{- end }}
{{- end }}

{{- define "elastic-inference.faults.model" }}
{{- $custom := eq .Values.server.type "custom" }}
{{- if not (or .Values.model.name $custom) }}
model.name: is missing; set the name of the model in requests
{{- end }}
{{- $base := .Values.model.basePath }}
{{- if not (or $base $custom) }}
model.basePath: is missing; set the directory of the model, e.g. {{ .Values.storage.mountPath }}/models/mine
{{- else if and $base .Values.storage.enabled (ne $base .Values.storage.mountPath) (not (hasPrefix (printf "%s/" (trimSuffix "/" .Values.storage.mountPath)) $base)) }}
model.basePath: {{ $base }} is not below storage.mountPath, {{ .Values.storage.mountPath }}, the mount path of the bucket
{{- end }}
{{- $policy := .Values.model.versionPolicy }}
{{- if and $policy.all $policy.specific }}
model.versionPolicy: all and specific exclude each other; remove one
{{- end }}
{{- if and (ne .Values.server.type "tfserving") (or $policy.all $policy.specific) }}
model.versionPolicy: is for server.type tfserving; with {{ .Values.server.type }} remove all and specific
{{- end }}
{{- end }}

{{- define "elastic-inference.faults.storage" }}
{{- $storage := .Values.storage }}
{{- if $storage.enabled }}
{{- if has (trimSuffix "/" $storage.mountPath) (list "/tmp" "/etc/tensorflow-serving" "/dev/shm") }}
storage.mountPath: {{ $storage.mountPath }} is used by another mount of the chart
{{- end }}
{{- if $storage.create }}
{{- if not $storage.oss.bucket }}
storage.oss.bucket: is missing; set the bucket with the model (or storage.create: false and storage.claimName)
{{- end }}
{{- if not $storage.oss.url }}
storage.oss.url: is missing; set the endpoint of the bucket inside the VPC, e.g. oss-cn-beijing-internal.aliyuncs.com
{{- end }}
{{- else if not $storage.claimName }}
storage.claimName: is missing; storage.create: false needs the name of an existing claim
{{- end }}
{{- end }}
{{- end }}

{{- define "elastic-inference.faults.oss" }}
{{- $oss := .Values.storage.oss }}
{{- $host := regexReplaceAll "^https?://" $oss.url "" }}
{{- if regexMatch "^vpc100-" $host }}
storage.oss.url: {{ $oss.url }} is a deprecated endpoint; use {{ regexReplaceAll "^vpc100-(oss-[-a-z0-9]+)" $host "$1-internal" }}
{{- else if regexMatch "^[^.]+\\.(vpc100-)?oss-" $host }}
storage.oss.url: {{ $oss.url }} is the domain of a bucket, which the driver refuses; use the endpoint, {{ regexReplaceAll "^[^.]+\\.(vpc100-)?" $host "" }}
{{- end }}
{{- if not (regexMatch "^\\s*(-o\\s*[^-\\s]\\S*\\s*)*$" $oss.otherOpts) }}
storage.oss.otherOpts: {{ $oss.otherOpts }} is refused by the driver; put -o before each option, e.g. -o allow_other -o umask=022
{{- end }}
{{- range $key, $_ := $oss.attributes }}
{{- if regexMatch "(?i)^ak(id|secret)$" $key }}
storage.oss.attributes: {{ $key }} would be in plain text in the volume; create a Secret with the keys akId and akSecret and set storage.oss.secretName
{{- end }}
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
{{- if eq $oss.auth "rrsa" }}
{{- if not $oss.roleName }}
storage.oss.roleName: is missing; storage.oss.auth: rrsa needs the RAM role that can read the bucket
{{- end }}
{{- if semverCompare "<1.26-0" .Capabilities.KubeVersion.Version }}
storage.oss.auth: rrsa needs Kubernetes 1.26, and this cluster is {{ .Capabilities.KubeVersion.Version }}; use secret
{{- end }}
{{- end }}
{{- end }}

{{- define "elastic-inference.faults.burst" }}
{{- $burst := .Values.burst }}
{{- $specs := default list $burst.useSpecs }}
{{- if and (eq $burst.by "label") (eq $burst.mode "eci") }}
burst.by: the label alibabacloud.com/eci sends every pod to ECI, so it cannot mean eci (ECS first); set burst.by to virtualNode or resourcePolicy, or burst.mode to eci_only
{{- end }}
{{- if and (eq $burst.by "resourcePolicy") (eq $burst.mode "eci_only") }}
burst.by: a resourcePolicy orders ECS before ECI, so it cannot mean eci_only; set burst.by to label or virtualNode, or burst.mode to eci
{{- end }}
{{- if ne $burst.mode "none" }}
{{- if and .Values.gpu.count (not $specs) }}
burst.useSpecs: is missing; a GPU on ECI needs an instance type with one, e.g. [ecs.gn6i-c4g1.xlarge]
{{- end }}
{{- if not (or .Values.gpu.count $specs .Values.resources.requests .Values.resources.limits) }}
burst.useSpecs: is missing, and so is resources; without both, ECI gives each pod 2 vCPU and 4 GiB. Set one, e.g. useSpecs: [4-16Gi]
{{- end }}
{{- if and (eq $burst.mode "serverless") (not $specs) (not .Values.gpu.count) }}
burst.useSpecs: is missing; ACK Serverless runs every pod on ECI, e.g. [4-16Gi]
{{- end }}
{{- if eq .Values.service.type "NodePort" }}
service.type: NodePort does not reach pods on ECI; use ClusterIP or LoadBalancer
{{- end }}
{{- end }}
{{- if .Values.gpu.count }}
{{- range $specs }}
{{- if regexMatch "^[0-9.]+-[0-9.]+Gi$" . }}
burst.useSpecs: {{ . }} is a size without a GPU; with gpu.count name instance types only, e.g. ecs.gn6i-c4g1.xlarge
{{- end }}
{{- end }}
{{- end }}
{{- if gt (len $specs) 5 }}
burst.useSpecs: has {{ len $specs }} entries; ECI takes at most 5
{{- end }}
{{- if gt (len (default list $burst.vSwitches)) 10 }}
burst.vSwitches: has {{ len $burst.vSwitches }} entries; ECI takes at most 10
{{- end }}
{{- if and (eq $burst.by "virtualNode") (ne $burst.mode "none") (hasKey (default dict .Values.affinity) "nodeAffinity") }}
affinity.nodeAffinity: is set by burst.by: virtualNode; use nodeSelector, or another burst.by
{{- end }}
{{- $spot := $burst.spot }}
{{- if and (eq $spot.strategy "SpotWithPriceLimit") (not $spot.priceLimit) }}
burst.spot.priceLimit: is missing; SpotWithPriceLimit needs the highest price for an hour
{{- end }}
{{- if and $spot.priceLimit (ne $spot.strategy "SpotWithPriceLimit") }}
burst.spot.priceLimit: has no effect with burst.spot.strategy: {{ $spot.strategy }}; it needs SpotWithPriceLimit
{{- end }}
{{- if regexMatch "\\.[0-9]{4}" (include "elastic-inference.number" $spot.priceLimit) }}
burst.spot.priceLimit: {{ include "elastic-inference.number" $spot.priceLimit }} has more than 3 decimals
{{- end }}
{{- if gt (int $spot.durationHours) 1 }}
burst.spot.durationHours: {{ int $spot.durationHours }} is more than ECI protects; use 1, or 0 for no protection
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
{{- $ingress := .Values.ingress }}
{{- $kind := $ingress.kind }}
{{- $gateway := eq $kind "gateway" }}
{{- if and $ingress.enabled (not $ingress.host) }}
ingress.host: is missing; without it the Ingress would receive requests for every host
{{- end }}
{{- if and $ingress.enabled (eq $ingress.backend "grpc") (not $ingress.tlsSecretName) (not $gateway) }}
ingress.tlsSecretName: is missing; Ingress controllers take gRPC over TLS only
{{- end }}
{{- if $gateway }}
{{- include "elastic-inference.faults.gateway" . }}
{{- else if $ingress.gateway.name }}
ingress.gateway.name: has no effect with ingress.kind {{ $kind }}; set ingress.kind to gateway
{{- else }}
{{- range $other, $words := dict "nginx" "nginx" "alb" "alb" "mse" "mse|higress" }}
{{- if and (ne $other $kind) (regexMatch $words $ingress.className) }}
ingress.className: {{ $ingress.className }} is not a class of ingress.kind {{ $kind }}, whose metrics the HPA would read; set ingress.kind to {{ $other }}
{{- end }}
{{- end }}
{{- end }}
{{- /* MSE reads the annotations of nginx too. */}}
{{- $foreign := get (dict "nginx" "alb|mse|higress" "alb" "nginx|mse|higress" "mse" "alb" "gateway" "nginx|alb|mse|higress") $kind }}
{{- range $key, $_ := $ingress.annotations }}
{{- if regexMatch (printf "^(%s)\\.ingress\\.kubernetes\\.io/|^(%s)\\.io/" $foreign $foreign) $key }}
ingress.annotations: {{ $key }} has no effect with ingress.kind {{ $kind }}
{{- end }}
{{- end }}
{{- $logstore := .Values.autoscaling.sls.logstore }}
{{- if .Values.autoscaling.enabled }}
{{- if and (eq $kind "alb") (not (hasPrefix "alb_" $logstore)) }}
autoscaling.sls.logstore: {{ $logstore | default "nginx-ingress" }} has no log of an ALB; ingress.kind alb needs the logStore of its AlbConfig, which begins with alb_
{{- else if and (ne $kind "alb") (hasPrefix "alb_" $logstore) }}
autoscaling.sls.logstore: {{ $logstore }} is the log of an ALB; set ingress.kind to alb
{{- else if and (has $kind (list "mse" "gateway")) (eq ($logstore | default "nginx-ingress") "nginx-ingress") }}
autoscaling.sls.logstore: nginx-ingress is the log of ingress-nginx; ingress.kind {{ $kind }} needs the logstore that the log of the gateway is shipped to
{{- end }}
{{- end }}
{{- if eq (include "elastic-inference.grpcPort" .) (include "elastic-inference.restPort" .) }}
service: grpcPort and restPort are both {{ include "elastic-inference.restPort" . }}
{{- end }}
{{- end }}

{{- define "elastic-inference.faults.gateway" }}
{{- $ingress := .Values.ingress }}
{{- if and $ingress.enabled (not $ingress.gateway.name) }}
ingress.gateway.name: is missing; ingress.kind gateway needs the Gateway that takes the requests
{{- end }}
{{- if $ingress.className }}
ingress.className: {{ $ingress.className }} has no effect with ingress.kind gateway; name the Gateway in ingress.gateway.name
{{- end }}
{{- if $ingress.tlsSecretName }}
ingress.tlsSecretName: {{ $ingress.tlsSecretName }} has no effect with ingress.kind gateway; the listener of the Gateway has the certificate
{{- end }}
{{- if and (eq $ingress.backend "grpc") (ne $ingress.path "/") }}
ingress.path: {{ $ingress.path }} has no effect with ingress.kind gateway and ingress.backend grpc; leave it at /
{{- end }}
{{- end }}

{{- define "elastic-inference.faults.metrics" }}
{{- $metrics := .Values.metrics }}
{{- if and (or $metrics.serviceMonitor.enabled $metrics.scrapeAnnotations) (not $metrics.enabled) }}
metrics.enabled: is false, so serviceMonitor.enabled or scrapeAnnotations would have nothing to scrape
{{- end }}
{{- end }}
