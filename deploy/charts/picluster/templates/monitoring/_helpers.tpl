{{/* One /metrics endpoint of a monitor. Takes root, component, monitor (its values), and how it is read by TLS: tlsConfig, and further fields in access. */}}
{{- define "picluster.endpoint" -}}
{{- $secured := include "picluster.component.metricsSecret" . -}}
port: metrics
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
{{- with .relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* An alert's condition holds only where the controller that says so leads: one that stands by shows numbers of its last term. */}}
{{- define "picluster.ofTheLeader" -}}
and on (job, instance) leader_election_master_status{name="picluster-controller"} == 1
{{- end -}}

{{/* A selector that leaves out the pools which may be full. */}}
{{- define "picluster.pools" -}}
{{- with . }}{pool!~{{ . | quote }}}{{ end -}}
{{- end -}}
