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
