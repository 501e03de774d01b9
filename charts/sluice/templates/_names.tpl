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
