{{/* What the outside comes in by: a Service of the server's pod, and an Ingress before it where one is asked for. */}}
{{- define "sluice.entrance" -}}
{{- $name := printf "%s-%s" (include "sluice.name" .root) .part -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels: {{- include "sluice.labels" .root | nindent 4 }}
  {{- with .values.service.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .values.service.type }}
  # Who sends is known, and limited, by its own address.
  {{- if ne .values.service.type "ClusterIP" }}
  externalTrafficPolicy: Local
  {{- end }}
  selector: {{- include "sluice.selector" (dict "root" .root "part" "server") | nindent 4 }}
  ports:
    - name: {{ .part }}
      port: {{ .port }}
      targetPort: {{ .part }}
      {{- with and (ne .values.service.type "ClusterIP") .values.service.nodePort }}
      nodePort: {{ . }}
      {{- end }}
{{- if .values.ingress.enabled }}
{{- $host := required (printf "%s.ingress.host: name the host that it answers" .part) .values.ingress.host }}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ $name }}
  labels: {{- include "sluice.labels" .root | nindent 4 }}
  {{- with .values.ingress.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with .values.ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  tls:
    - hosts: [{{ $host | quote }}]
      {{- with .values.ingress.tlsSecret }}
      secretName: {{ . }}
      {{- end }}
  rules:
    - host: {{ $host | quote }}
      http:
        paths:
          - path: {{ .path }}
            pathType: Prefix
            backend: { service: { name: {{ $name }}, port: { name: {{ .part }} } } }
{{- end }}
{{- end -}}
