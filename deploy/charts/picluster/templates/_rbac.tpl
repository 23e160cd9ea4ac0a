{{/* A ServiceAccount's ClusterRole and Role with their bindings. Takes root, component, clusterRules and rules (YAML texts). */}}
{{- define "picluster.component.rbac" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {{ include "picluster.component.name" . }}
  labels:
    {{- include "picluster.component.labels" . | nindent 4 }}
rules:
  {{- .clusterRules | nindent 2 }}
  {{- if include "picluster.component.metricsSecret" . }}
  # Whose token it is that somebody wants to read /metrics with, and whether that one may.
  - apiGroups: [authentication.k8s.io]
    resources: [tokenreviews]
    verbs: [create]
  - apiGroups: [authorization.k8s.io]
    resources: [subjectaccessreviews]
    verbs: [create]
  {{- end }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ include "picluster.component.name" . }}
  labels:
    {{- include "picluster.component.labels" . | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ include "picluster.component.name" . }}
subjects:
  - kind: ServiceAccount
    name: {{ include "picluster.component.serviceAccount" . }}
    namespace: {{ .root.Release.Namespace }}
---
{{ include "picluster.component.role" (merge (dict "namespace" .root.Release.Namespace) .) }}
{{- end -}}

{{/* A ServiceAccount's Role in one namespace with its binding. Takes root, component, namespace and rules. */}}
{{- define "picluster.component.role" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ include "picluster.component.name" . }}
  namespace: {{ .namespace }}
  labels:
    {{- include "picluster.component.labels" . | nindent 4 }}
rules:
  {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ include "picluster.component.name" . }}
  namespace: {{ .namespace }}
  labels:
    {{- include "picluster.component.labels" . | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "picluster.component.name" . }}
subjects:
  - kind: ServiceAccount
    name: {{ include "picluster.component.serviceAccount" . }}
    namespace: {{ .root.Release.Namespace }}
{{- end -}}
