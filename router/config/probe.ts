/** Where a probe goes: headers that the router sets and HAProxy takes out again. */
export const PROBE_HEADERS = {
  host: 'x-sluice-probe-host',
  port: 'x-sluice-probe-port',
  /** Milliseconds; an event stream would else stay open long after the prober has left. */
  timeout: 'x-sluice-probe-timeout',
} as const;

/** Only a replica's own answer carries it. */
export const ANSWERED_HEADER = 'x-sluice-probe-answered';

/**
 * The way of probes: a socket in the router's own folder, which no app and no other user of the machine can open, as
 * from here every address can be reached. Requests take no slot, so no release counts them. One try, on a connection
 * of its own to the replica: a kept-alive one says nothing about the next visitor's.
 */
export function renderProbe(socket: string, httpPort: number): string {
  return `\
frontend probe
  bind "unix@${socket}" mode 600
  no option idle-close-on-response
  default_backend probe

backend probe
  option abortonclose
  no option redispatch
  retries 0
  http-reuse never
  http-request set-dst req.hdr(${PROBE_HEADERS.host})
  http-request set-dst-port req.hdr(${PROBE_HEADERS.port})
  http-request set-timeout server req.hdr(${PROBE_HEADERS.timeout})
  http-request del-header ${PROBE_HEADERS.host}
  http-request del-header ${PROBE_HEADERS.port}
  http-request del-header ${PROBE_HEADERS.timeout}
  http-request set-header X-Forwarded-For 127.0.0.1
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Port ${String(httpPort)}
  http-request set-header X-Request-Id %[uuid()]
  http-response set-header ${ANSWERED_HEADER} yes
  server replica 0.0.0.0:0
`;
}
