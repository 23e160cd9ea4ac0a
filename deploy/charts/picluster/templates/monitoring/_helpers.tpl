{{/* One /metrics endpoint of a monitor. Takes the monitor's values. */}}
{{- define "picluster.endpoint" -}}
port: metrics
scheme: http
honorLabels: true
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
{{- end -}}

{{/* An alert's condition holds only where the controller that says so leads: one that stands by shows numbers of its last term. */}}
{{- define "picluster.ofTheLeader" -}}
and on (job, instance) leader_election_master_status{name="picluster-controller"} == 1
{{- end -}}

{{/* A selector that leaves out the pools which may be full. */}}
{{- define "picluster.pools" -}}
{{- with . }}{pool!~{{ . | quote }}}{{ end -}}
{{- end -}}
