{{- /*
What differs between the model servers, one entry a type. Sources: TensorFlow Serving, "REST API", serving/issues/1853;
Triton, "Inference Protocols", "Metrics" and tritonserver --help; vLLM, "OpenAI-Compatible Server" and "Production Metrics".
*/}}
{{- define "elastic-inference.serverTypes" -}}
{{- $model := .Values.model }}
{{- $drain := 15 }}
tfserving:
  container: tensorflow-serving
  image: tensorflow/serving
  tag: 2.18.0{{ if .Values.gpu.count }}-gpu{{ end }}
  ports: { rest: 8501, grpc: 8500, metrics: 0 }
  # The status of the model answers 200 while it is still loading. Its metadata does so only when it is ready.
  readyPath: /v1/models/{{ $model.name }}/metadata
  metricsPath: /monitoring/prometheus/metrics
  drainSeconds: {{ $drain }}
  # It has no handler of TERM. See its command.
  stopSeconds: 10
  tmpSize: 1Gi
  sharedMemorySize: ''
triton:
  container: triton
  image: nvcr.io/nvidia/tritonserver
  tag: 25.06-py3
  ports: { rest: 8000, grpc: 8001, metrics: 8002 }
  readyPath: /v2/models/{{ $model.name }}/ready
  metricsPath: /metrics
  drainSeconds: {{ $drain }}
  stopSeconds: 40
  tmpSize: 1Gi
  # Its Python backend needs it.
  sharedMemorySize: 1Gi
vllm:
  container: vllm
  image: vllm/vllm-openai
  tag: v0.10.0
  ports: { rest: 8000, grpc: 0, metrics: 0 }
  # It opens its port when the model is loaded.
  readyPath: /health
  metricsPath: /metrics
  # An answer may take a minute.
  drainSeconds: 60
  stopSeconds: 40
  # Caches of compiled kernels.
  tmpSize: 10Gi
  # Its processes exchange tensors there.
  sharedMemorySize: 8Gi
custom:
  container: server
  image: ''
  tag: ''
  ports: { rest: 8000, grpc: 0, metrics: 0 }
  readyPath: ''
  metricsPath: /metrics
  drainSeconds: {{ $drain }}
  stopSeconds: 40
  tmpSize: 1Gi
  sharedMemorySize: ''
{{- end }}

{{- /* The entry of server.type, with what the values replace. */}}
{{- define "elastic-inference.server" -}}
{{- $type := get (include "elastic-inference.serverTypes" . | fromYaml) .Values.server.type }}
{{- $server := .Values.server }}
{{- $rest := $server.ports.rest | default $type.ports.rest | int }}
{{- $metrics := $server.ports.metrics | default $type.ports.metrics | default $rest | int }}
{{- $drain := ternary $type.drainSeconds .Values.drainSeconds (eq (int .Values.drainSeconds) -1) | int }}
container: {{ $type.container }}
image: {{ .Values.image.repository | default $type.image }}
tag: {{ .Values.image.tag | default (ternary $type.tag "" (empty .Values.image.digest)) | quote }}
rest: {{ $rest }}
grpc: {{ $server.ports.grpc | default $type.ports.grpc | int }}
metrics: {{ $metrics }}
metricsPortName: {{ ternary "http-serving" "metrics" (eq $metrics $rest) }}
readyPath: {{ $server.readyPath | default $type.readyPath | quote }}
metricsPath: {{ $server.metricsPath | default $type.metricsPath | quote }}
drainSeconds: {{ $drain }}
graceSeconds: {{ .Values.terminationGracePeriodSeconds | default (add $drain $type.stopSeconds) | int }}
tmpSize: {{ .Values.tmpSize | default $type.tmpSize | quote }}
sharedMemorySize: {{ .Values.sharedMemorySize | default $type.sharedMemorySize | quote }}
{{- end }}

{{- /*
As process 1, TensorFlow Serving would ignore TERM until the grace period is over: it has no handler, and Linux gives process 1
no default one. So a shell is process 1, and ends it: with KILL, since without a handler TERM would do the same.
*/}}
{{- define "elastic-inference.command" -}}
{{- if .Values.server.command }}
{{- toYaml .Values.server.command }}
{{- else if eq .Values.server.type "tfserving" }}
- /bin/sh
- -c
- trap 'kill -KILL $!' TERM; "$0" "$@" & wait $!; code=$?; wait $!; exit $code
# Not the entrypoint of the image, which adds --model_name and --model_base_path.
- /usr/bin/tensorflow_model_server
{{- else if eq .Values.server.type "triton" }}
- tritonserver
{{- else if eq .Values.server.type "vllm" }}
- vllm
- serve
{{- end }}
{{- end }}

{{- define "elastic-inference.args" -}}
{{- $server := include "elastic-inference.server" . | fromYaml }}
{{- $model := .Values.model }}
{{- if eq .Values.server.type "tfserving" }}
- --port={{ $server.grpc }}
- --rest_api_port={{ $server.rest }}
- --model_config_file=/etc/tensorflow-serving/model.config
- --file_system_poll_wait_seconds={{ int $model.pollSeconds }}
{{- if .Values.metrics.enabled }}
- --monitoring_config_file=/etc/tensorflow-serving/monitoring.config
{{- end }}
{{- else if eq .Values.server.type "triton" }}
- --model-repository={{ $model.basePath }}
- --http-port={{ $server.rest }}
- --grpc-port={{ $server.grpc }}
- --exit-timeout-secs=30
{{- if .Values.metrics.enabled }}
- --metrics-port={{ $server.metrics }}
{{- else }}
- --allow-metrics=false
{{- end }}
{{- else if eq .Values.server.type "vllm" }}
- {{ $model.basePath }}
- --served-model-name={{ $model.name }}
- --port={{ $server.rest }}
{{- if gt (int .Values.gpu.count) 1 }}
- --tensor-parallel-size={{ int .Values.gpu.count }}
{{- end }}
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* The server's user has no home in the image, and ECI no way to the internet. */}}
{{- define "elastic-inference.env" -}}
{{- if eq .Values.server.type "vllm" }}
- { name: HOME, value: /tmp }
- { name: USER, value: server }
- { name: HF_HUB_OFFLINE, value: '1' }
- { name: VLLM_NO_USAGE_STATS, value: '1' }
{{- end }}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end }}
