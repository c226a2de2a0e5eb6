{{- define "badges.pod" -}}
{{- $secrets := .Values.secrets -}}
metadata:
  labels:
    {{- include "badges.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "badges.name" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  # The service goes on serving after SIGTERM while its endpoint is removed, so it needs no preStop hook.
  terminationGracePeriodSeconds: {{ include "badges.gracePeriod" . }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    runAsGroup: 1000
    fsGroup: 1000
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: badges
      image: {{ include "badges.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      ports:
        - name: http
          containerPort: 4001
      env:
        - name: NODE_OPTIONS
          value: --max-old-space-size={{ .Values.maxOldSpace }}
        - name: REPLICAS
          value: {{ include "badges.processes" . | quote }}
        {{- range $name, $value := .Values.config }}
        - name: {{ $name }}
          value: {{ $value | quote }}
        {{- end }}
        {{- range $name, $_ := $secrets }}
        - name: {{ $name }}_FILE
          value: /etc/badges/secrets/{{ $name }}
        {{- end }}
        {{- if .Values.tenantsSecret }}
        - name: TENANTS_FILE
          value: /etc/badges/tenants/tenants.yaml
        {{- end }}
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      startupProbe:
        httpGet: { path: /health/ready, port: http }
        periodSeconds: 1
        failureThreshold: 30
      livenessProbe:
        httpGet: { path: /health/live, port: http }
        periodSeconds: 10
        timeoutSeconds: 3
        failureThreshold: 3
      # Answers 200 also while providers or Redis cannot be reached, because reads continue.
      readinessProbe:
        httpGet: { path: /health/ready, port: http }
        periodSeconds: 1
        timeoutSeconds: 1
        failureThreshold: 2
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - name: secrets
          mountPath: /etc/badges/secrets
          readOnly: true
        {{- if .Values.tenantsSecret }}
        - name: tenants
          mountPath: /etc/badges/tenants
          readOnly: true
        {{- end }}
        - name: state
          mountPath: /state
        - name: tmp
          mountPath: /tmp
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          {{- range $name, $from := $secrets }}
          - secret:
              name: {{ $from.name }}
              items: [{ key: {{ $from.key | quote }}, path: {{ $name }} }]
          {{- end }}
    {{- if .Values.tenantsSecret }}
    - name: tenants
      secret:
        secretName: {{ .Values.tenantsSecret }}
        defaultMode: 0440
    {{- end }}
    {{- if $secrets.REDIS_URL }}
    # Empty: the state is in Redis.
    - name: state
      emptyDir: { sizeLimit: 16Mi }
    {{- end }}
    # The export of the audit copies the state of a killed process to it.
    - name: tmp
      emptyDir: { sizeLimit: {{ ternary "16Mi" .Values.storage.size (hasKey $secrets "REDIS_URL") }} }
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  topologySpreadConstraints:
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "badges.selector" $ | nindent 10 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
