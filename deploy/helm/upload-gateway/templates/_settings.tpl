{{/*
Which gateway.toml do the pods get? The operator's settings, and over them what the chart decides. A JSON text, number, truth or
list of them is one of TOML's too; Helm's own toToml would write the number 10 as 10.0.
*/}}

{{- define "upload-gateway.toml" -}}
{{- $chosen := dict
  "public_address" "0.0.0.0:8080"
  "internal_address" "0.0.0.0:9090"
  "drain" (printf "%ds" (int .Values.drainSeconds))
  "shutdown_grace" (printf "%ds" (int .Values.shutdownGraceSeconds)) -}}
{{- if .Values.tls.secretName -}}
{{- $_ := set $chosen "tls_certificate" "/etc/upload-gateway/tls/tls.crt" -}}
{{- $_ := set $chosen "tls_key" "/etc/upload-gateway/tls/tls.key" -}}
{{- end -}}
{{- $sections := deepCopy .Values.settings -}}
{{- $_ := set $sections "server" (merge $chosen (default (dict) $sections.server)) -}}
{{- $auth := $sections.auth -}}
{{- $_ := set $sections "auth" (omit $auth "pools") -}}
{{- range $section, $entries := $sections }}
{{- if $entries }}
[{{ $section }}]
{{- range $key, $value := $entries }}
{{ $key }} = {{ $value | toJson }}
{{- end }}
{{ end }}
{{- end }}
{{- range $auth.pools }}
[[auth.pools]]
{{- range $key, $value := . }}
{{ $key }} = {{ $value | toJson }}
{{- end }}
{{ end }}
{{- end -}}
