{{- define "sluice.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Names without a namespace carry the release's, as two releases may have one name. */}}
{{- define "sluice.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "sluice.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "sluice.labels" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* Call with (dict "root" . "part" "server"). */}}
{{- define "sluice.selector" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "sluice.image" -}}
{{- printf "%s/sluice/%s:%s" .root.Values.images.registry .image (.root.Values.images.tag | default .root.Chart.AppVersion) -}}
{{- end -}}

{{/* What people type: a node's own port only where no load balancer stands before it. */}}
{{- define "sluice.publicPort" -}}
{{- if and (eq .service.type "NodePort") .nodePort -}}{{ .nodePort }}{{- else -}}{{ .port }}{{- end -}}
{{- end -}}

{{/* As it stands in the names of images. */}}
{{- define "sluice.registry" -}}
{{- .Values.registry.host | default (printf "localhost:%d" (int .Values.registry.localPort)) -}}
{{- end -}}

{{/* Name of the Secret with its login; empty: it wants none. */}}
{{- define "sluice.registryLogin" -}}
{{- if .Values.registry.host -}}
{{- .Values.registry.secret -}}
{{- else -}}
{{- include "sluice.name" . }}-registry-login
{{- end -}}
{{- end -}}

{{/* Of the release's own registry: made once, as the installation is. */}}
{{- define "sluice.registryPassword" -}}
{{- if not (hasKey .Release "sluiceRegistryPassword") -}}
{{- $_ := set .Release "sluiceRegistryPassword" (randAlphaNum 32) -}}
{{- end -}}
{{- .Release.sluiceRegistryPassword -}}
{{- end -}}

{{/* The registry's login, as docker login writes it: of the Secret, which the own registry may only now get. */}}
{{- define "sluice.registryDockerConfig" -}}
{{- $made := lookup "v1" "Secret" .Release.Namespace (include "sluice.registryLogin" .) -}}
{{- if $made -}}
{{- index $made.data ".dockerconfigjson" | b64dec -}}
{{- else if .Values.registry.host -}}
{{- if lookup "v1" "Namespace" "" "kube-system" -}}{{- fail (printf "registry.secret: there is no Secret %s in namespace %s; kubectl create secret docker-registry makes it" .Values.registry.secret .Release.Namespace) -}}{{- end -}}
{}
{{- else -}}
{{- dict "auths" (dict (include "sluice.registry" .) (dict "auth" (printf "sluice:%s" (include "sluice.registryPassword" .) | b64enc))) | toJson -}}
{{- end -}}
{{- end -}}

{{/* What server and builders read alike of it. */}}
{{- define "sluice.registrySettings" -}}
- { name: SLUICE_REGISTRY, value: {{ include "sluice.registry" . | quote }} }
- { name: SLUICE_REGISTRY_INSECURE, value: {{ or (not .Values.registry.host) .Values.registry.insecure | quote }} }
{{- if not .Values.registry.host }}
- { name: SLUICE_REGISTRY_ENDPOINT, value: "{{ include "sluice.name" . }}-registry.{{ .Release.Namespace }}:5000" }
{{- end }}
{{- end -}}

{{/* Made once, and found again by every upgrade: the platform's Secret outlives the release. */}}
{{- define "sluice.installation" -}}
{{- $made := lookup "v1" "Secret" .Release.Namespace (printf "%s-platform" (include "sluice.name" .)) -}}
{{- if $made -}}
{{- index $made.data "installation" | b64dec -}}
{{- else -}}
{{- if not (hasKey .Release "sluiceInstallation") -}}
{{- $_ := set .Release "sluiceInstallation" (randAlphaNum 16 | lower) -}}
{{- end -}}
{{- .Release.sluiceInstallation -}}
{{- end -}}
{{- end -}}

{{- define "sluice.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- define "sluice.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/* What all parts read alike. */}}
{{- define "sluice.platformToken" -}}
- name: SLUICE_PLATFORM_TOKEN
  valueFrom: { secretKeyRef: { name: {{ include "sluice.name" . }}-platform, key: token } }
{{- end -}}

{{- define "sluice.redisUrl" -}}
{{- if .Values.redis.enabled -}}
- name: SLUICE_REDIS_URL
  valueFrom: { secretKeyRef: { name: {{ include "sluice.name" . }}-platform, key: redisUrl } }
{{- else -}}
- name: SLUICE_REDIS_URL
  value: {{ required "redis.url must name a Redis when redis.enabled is false" .Values.redis.url | quote }}
{{- end -}}
{{- end -}}

{{- define "sluice.pullSecrets" -}}
{{- with .Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Of the registry and its mirrors, in one line. */}}
{{- define "sluice.registryPorts" -}}
{{- $ports := list -}}
{{- $places := list -}}
{{- with .Values.registry.host -}}
{{- $places = list (printf "%s%s" ($.Values.registry.insecure | ternary "http://" "") .) -}}
{{- end -}}
{{- range .Values.registry.mirrors -}}
{{- $places = concat $places . -}}
{{- end -}}
{{- range $places -}}
{{- $usual := hasPrefix "http://" . | ternary "80" "443" -}}
{{- $host := regexReplaceAll "^https?://" . "" | regexFind "^[^/]+" -}}
{{- $ports = append $ports (regexFind ":[0-9]+$" $host | trimPrefix ":" | default $usual) -}}
{{- end -}}
{{- join " " ($ports | uniq) -}}
{{- end -}}

{{/* A setting from a Secret of the user's; nothing where none is named. Without it the server's pod would not start. */}}
{{- define "sluice.fromSecret" -}}
{{- if and .secret .key -}}
{{- include "sluice.hasSecret" (dict "root" .root "value" (printf "%s.secret" .value) "secret" .secret "keys" (list .key)) -}}
- name: {{ .setting }}
  valueFrom: { secretKeyRef: { name: {{ .secret }}, key: {{ .key }} } }
{{- end -}}
{{- end -}}

{{/* Fails where a Secret that a value names is not there; renders nothing. */}}
{{- define "sluice.hasSecret" -}}
{{- $root := .root -}}
{{- if lookup "v1" "Namespace" "" "kube-system" -}}
{{- $made := lookup "v1" "Secret" $root.Release.Namespace .secret -}}
{{- if not $made -}}{{- fail (printf "%s: there is no Secret %s in namespace %s" .value .secret $root.Release.Namespace) -}}{{- end -}}
{{- range .keys -}}
{{- if not (hasKey ($made.data | default dict) .) -}}{{- fail (printf "%s: the Secret %s has no key %s" $.value $.secret .) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* In the addresses of hooks. */}}
{{- define "sluice.publicUrl" -}}
{{- if .Values.publicUrl -}}
{{- .Values.publicUrl -}}
{{- else if and .Values.hooks.enabled .Values.hooks.ingress.enabled -}}
https://{{ .Values.hooks.ingress.host }}
{{- else if and .Values.api.enabled .Values.api.ingress.enabled -}}
https://{{ .Values.api.ingress.host }}
{{- end -}}
{{- end -}}

{{/* 443 where TLS ends in the pod. */}}
{{- define "sluice.apiPort" -}}
{{- .Values.api.service.port | default (ternary 443 80 (ne .Values.api.tls.secret "")) -}}
{{- end -}}

{{/* Of the proxy before the server's loopback port. */}}
{{- define "sluice.apiConfiguration" -}}
global
  maxconn 1000
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
defaults
  mode http
  timeout connect 5s
  timeout http-request 10s
  timeout http-keep-alive 75s
  # Logs and events that are followed may be silent for long.
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
frontend api
  bind "$ADDRESS":7004 v4v6{{ if .Values.api.tls.secret }} ssl crt /etc/sluice/tls/api.pem alpn http/1.1{{ end }}
  {{- with .Values.api.proxies }}
  acl proxied src {{ join " " . }}
  acl said req.hdr(X-Forwarded-For) -m found
  http-request add-header X-Forwarded-For %[src] unless proxied said
  {{- else }}
  http-request add-header X-Forwarded-For %[src]
  {{- end }}
  default_backend server
backend server
  server server 127.0.0.1:7005
{{- end -}}
