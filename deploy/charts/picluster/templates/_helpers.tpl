{{- define "picluster.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The name is the same in every release: by it and the component the speakers find each other. */}}
{{- define "picluster.selectorLabels" -}}
app.kubernetes.io/name: picluster
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "picluster.labels" -}}
{{ include "picluster.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* The templates below take a dict: root, and component (controller or speaker). */}}

{{- define "picluster.component.name" -}}
{{ include "picluster.fullname" .root }}-{{ .component }}
{{- end -}}

{{- define "picluster.component.labels" -}}
{{ include "picluster.labels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "picluster.component.selectorLabels" -}}
{{ include "picluster.selectorLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "picluster.component.serviceAccount" -}}
{{- $account := (index .root.Values .component).serviceAccount -}}
{{- if $account.create -}}
{{- default (include "picluster.component.name" .) $account.name -}}
{{- else -}}
{{- default "default" $account.name -}}
{{- end -}}
{{- end -}}

{{- define "picluster.component.podMetadata" -}}
{{- $values := index .root.Values .component -}}
labels:
  {{- include "picluster.component.selectorLabels" . | nindent 2 }}
  {{- with $values.labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- $excluded := eq .component "speaker" | ternary (include "picluster.excludedInterfaces" .root) "" }}
{{- if or $values.podAnnotations .root.Values.prometheus.scrapeAnnotations $excluded }}
annotations:
  {{- with $excluded }}
  # The file is read at the start.
  checksum/exclude-interfaces: {{ sha256sum . }}
  {{- end }}
  {{- if .root.Values.prometheus.scrapeAnnotations }}
  prometheus.io/scrape: 'true'
  {{- if include "picluster.component.metricsSecret" . }}
  prometheus.io/scheme: https
  {{- end }}
  prometheus.io/port: {{ .root.Values.prometheus.metricsPort | quote }}
  {{- end }}
  {{- with $values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* The Secret with the certificate of /metrics; empty: plain HTTP. MetalLB's chart has had it in two places. */}}
{{- define "picluster.component.metricsSecret" -}}
{{- $name := printf "%sMetricsTLSSecret" .component -}}
{{- default (get .root.Values.prometheus $name) (get .root.Values.tls $name) -}}
{{- end -}}

{{- define "picluster.component.metricsMount" -}}
{{- if include "picluster.component.metricsSecret" . -}}
- name: metrics-certificate
  mountPath: /etc/picluster/metrics
  readOnly: true
{{- end -}}
{{- end -}}

{{- define "picluster.component.metricsVolume" -}}
{{- with include "picluster.component.metricsSecret" . -}}
- name: metrics-certificate
  secret:
    secretName: {{ . }}
{{- end -}}
{{- end -}}

{{- define "picluster.component.image" -}}
{{- $image := (index .root.Values .component).image -}}
{{ $image.repository }}:{{ default .root.Chart.AppVersion $image.tag }}
{{- end -}}

{{/* What both daemons are told. A value that is empty is left to the daemon's own default. */}}
{{- define "picluster.component.args" -}}
{{- $values := index .root.Values .component -}}
- --log-level={{ eq $values.logLevel "all" | ternary "debug" $values.logLevel }}
- --metrics-port={{ .root.Values.prometheus.metricsPort }}
{{- if include "picluster.component.metricsSecret" . }}
- --metrics-cert-dir=/etc/picluster/metrics
{{- end }}
- --health-port={{ $values.livenessProbe.port }}
{{- with .root.Values.loadBalancerClass }}
- --lb-class={{ . }}
{{- end }}
- --lease-duration={{ $values.leaderElection.leaseDuration }}
- --renew-deadline={{ $values.leaderElection.renewDeadline }}
- --retry-period={{ $values.leaderElection.retryPeriod }}
{{- end -}}

{{- define "picluster.component.ports" -}}
- name: metrics
  containerPort: {{ .root.Values.prometheus.metricsPort }}
- name: health
  containerPort: {{ (index .root.Values .component).livenessProbe.port }}
{{- end -}}

{{- define "picluster.component.probes" -}}
{{- $values := index .root.Values .component -}}
{{- if $values.livenessProbe.enabled }}
livenessProbe:
  httpGet:
    path: /healthz
    port: {{ $values.livenessProbe.port }}
  {{- omit $values.livenessProbe "enabled" "port" | toYaml | nindent 2 }}
{{- end }}
{{- if $values.readinessProbe.enabled }}
readinessProbe:
  httpGet:
    path: /readyz
    port: {{ $values.livenessProbe.port }}
  {{- omit $values.readinessProbe "enabled" "port" | toYaml | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
Under the strategy wire the next speaker starts beside the one it replaces, and goes on with all that this one knows: nothing moves. Under lease each has
Leases of its own, and they share no port.
*/}}
{{- define "picluster.speaker.rollingUpdate" -}}
{{- with .Values.speaker -}}
{{- if .updateStrategy.rollingUpdate -}}
{{ toYaml .updateStrategy.rollingUpdate }}
{{- else if eq .l2Strategy "wire" -}}
maxSurge: 1
maxUnavailable: 0
{{- else -}}
maxSurge: 0
maxUnavailable: 1
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Containers that run before the speaker. In MetalLB's chart the name is also that of a map about the containers of FRR, which is not here. */}}
{{- define "picluster.speaker.initContainers" -}}
{{- if and (kindIs "slice" .Values.speaker.initContainers) .Values.speaker.initContainers -}}
{{- toYaml .Values.speaker.initContainers -}}
{{- end -}}
{{- end -}}

{{/* Where the Pods may run: on machines that Node.js exists for. */}}
{{- define "picluster.nodeAffinity" -}}
nodeAffinity:
  requiredDuringSchedulingIgnoredDuringExecution:
    nodeSelectorTerms:
      - matchExpressions:
          - key: kubernetes.io/arch
            operator: In
            values: [amd64, arm64]
{{- end -}}

{{/* The patterns of interfaces that the speaker keeps off, where the values have them instead of the speaker itself. */}}
{{- define "picluster.excludedInterfaces" -}}
{{- with .Values.speaker.excludeInterfaces -}}
{{- if or .patterns (not .enabled) -}}
announcedInterfacesToExclude: {{ .enabled | ternary .patterns list | toJson }}
{{- end -}}
{{- end -}}
{{- end -}}
