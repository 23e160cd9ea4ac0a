{{/*
One /metrics endpoint of a monitor. Takes root, component, monitor (its values), how it is read by TLS: tlsConfig, and further fields in access; and ofPods,
where it finds Pods: those of the speaker declare no port, so Prometheus is told which.
*/}}
{{- define "picluster.endpoint" -}}
{{- $secured := include "picluster.component.metricsSecret" . -}}
{{- $undeclared := and .ofPods (eq .component "speaker") -}}
{{- if not $undeclared }}
port: metrics
{{- end }}
scheme: {{ empty $secured | ternary "http" "https" }}
honorLabels: true
{{- if $secured }}
{{- with .access }}
{{ toYaml . }}
{{- end }}
{{- with .tlsConfig }}
tlsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with .monitor }}
{{- with .interval }}
interval: {{ . }}
{{- end }}
{{- with .metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if or $undeclared .relabelings }}
relabelings:
  {{- if $undeclared }}
  - sourceLabels: [__meta_kubernetes_pod_container_name]
    action: keep
    regex: {{ $.component }}
  - sourceLabels: [__meta_kubernetes_pod_ip]
    regex: ([0-9.]+)
    targetLabel: __address__
    replacement: $1:{{ $.root.Values.prometheus.metricsPort }}
  - sourceLabels: [__meta_kubernetes_pod_ip]
    regex: (.*:.*)
    targetLabel: __address__
    replacement: '[$1]:{{ $.root.Values.prometheus.metricsPort }}'
  {{- end }}
  {{- with .relabelings }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* An alert's condition holds only where the controller that says so leads: one that stands by shows numbers of its last term. */}}
{{- define "picluster.ofTheLeader" -}}
and on (job, instance) leader_election_master_status{name="picluster-controller"} == 1
{{- end -}}

{{/* The same of what speakers say as well: a controller that stands by is left out. */}}
{{- define "picluster.whoWorks" -}}
unless on (job, instance) leader_election_master_status{name="picluster-controller"} == 0
{{- end -}}

{{/* A selector that leaves out the pools which may be full. */}}
{{- define "picluster.pools" -}}
{{- with . }}{pool!~{{ . | quote }}}{{ end -}}
{{- end -}}
