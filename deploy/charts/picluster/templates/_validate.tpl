{{/* What no schema can say: values that contradict each other, and those of MetalLB that promise what is not here. All problems at once. */}}
{{- define "picluster.problems" -}}
{{- $problems := list -}}
{{- $metrics := .Values.prometheus -}}
{{- if and $metrics.podMonitor.enabled $metrics.serviceMonitor.enabled -}}
{{- $problems = append $problems "prometheus.podMonitor.enabled and prometheus.serviceMonitor.enabled: switch on one of them, else all is counted twice" -}}
{{- end -}}
{{- if and $metrics.rbacPrometheus (or $metrics.podMonitor.enabled $metrics.serviceMonitor.enabled) (or (not $metrics.serviceAccount) (not $metrics.namespace)) -}}
{{- $problems = append $problems "prometheus.serviceAccount and prometheus.namespace: name the ServiceAccount of your Prometheus, so that it may find our Pods (or set prometheus.rbacPrometheus to false)" -}}
{{- end -}}
{{- if and .Values.networkpolicies.defaultDeny (not .Values.networkpolicies.enabled) -}}
{{- $problems = append $problems "networkpolicies.defaultDeny would cut the controller off from the API server: set networkpolicies.enabled too" -}}
{{- end -}}
{{- range $component := list "controller" "speaker" -}}
{{- $values := index $.Values $component -}}
{{- if ne (int $values.livenessProbe.port) (int $values.readinessProbe.port) -}}
{{- $problems = append $problems (printf "%s.readinessProbe.port: one port has both answers, so it must be %s.livenessProbe.port" $component $component) -}}
{{- end -}}
{{- end -}}
{{- $frr := default dict .Values.speaker.frr -}}
{{- $frrk8s := default dict .Values.frrk8s -}}
{{- if or $frr.enabled $frrk8s.enabled $frrk8s.external -}}
{{- $problems = append $problems "speaker.frr and frrk8s: there is no FRR here, the speaker speaks BGP itself; remove them" -}}
{{- end -}}
{{- range $component := list "controller" "speaker" -}}
{{- $values := index $.Values $component -}}
{{- if and (include "picluster.component.metricsSecret" (dict "root" $ "component" $component)) (eq (int $metrics.metricsPort) (int $values.livenessProbe.port)) -}}
{{- $problems = append $problems (printf "prometheus.metricsPort: metrics by TLS need another port than %s.livenessProbe.port" $component) -}}
{{- end -}}
{{- end -}}
{{- join "\n" $problems -}}
{{- end -}}

{{- define "picluster.validate" -}}
{{- $problems := include "picluster.problems" . -}}
{{- if $problems -}}
{{- fail (printf "these values cannot be used:\n- %s" ($problems | replace "\n" "\n- ")) -}}
{{- end -}}
{{- end -}}

{{/* What MetalLB leaves in its CRD keeps ours from being applied: its controller owns the certificate of the webhook there, so nobody else's manifest removes it. */}}
{{- define "picluster.validateConversion" -}}
{{- $crd := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" "bgppeers.metallb.io" -}}
{{- if dig "spec" "conversion" "webhook" "" $crd -}}
{{- fail "BGPPeers are converted by a webhook of MetalLB's, which goes. Switch it off first, which changes no BGPPeer, and try again:\n\nkubectl patch crd bgppeers.metallb.io --type=json --patch='[{\"op\":\"replace\",\"path\":\"/spec/conversion\",\"value\":{\"strategy\":\"None\"}}]'\n" -}}
{{- end -}}
{{- end -}}

{{/* MetalLB's values that are understood, and change nothing. */}}
{{- define "picluster.unused" -}}
{{- $unused := list -}}
{{- $values := .Values -}}
{{- range $path := list "tls.minVersion" "tls.cipherSuites" "tls.curvePreferences" "frrk8s" "frr-k8s" "crds.validationFailurePolicy" "prometheus.rbacProxy" "controller.webhookMode" "controller.tlsMinVersion" "controller.tlsCipherSuites" "speaker.memberlist" "speaker.frr" "speaker.frrMetrics" "speaker.reloader" "speaker.bgpDebounceTimeout" -}}
{{- $place := $values -}}
{{- $found := true -}}
{{- range $key := splitList "." $path -}}
{{- if and $found (hasKey $place $key) -}}
{{- $place = index $place $key -}}
{{- else -}}
{{- $found = false -}}
{{- end -}}
{{- end -}}
{{- if $found -}}
{{- $unused = append $unused $path -}}
{{- end -}}
{{- end -}}
{{- if kindIs "map" .Values.speaker.initContainers -}}
{{- $unused = append $unused "speaker.initContainers" -}}
{{- end -}}
{{- join ", " $unused -}}
{{- end -}}
