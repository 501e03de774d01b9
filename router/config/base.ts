import { CERTIFICATE_LIST, HOSTS_MAP, ROUTES_MAP } from '../layout.ts';
import { PAGE_MAINTENANCE, PAGE_NO_RELEASE, PAGE_UNKNOWN_HOST } from '../routing/picture.ts';
import { LATENCY_BACKEND, LATENCY_RULES } from './latency.ts';
import { PAGE_TYPE } from './pages.ts';
import type { PAGES } from './pages.ts';
import { renderProbe } from './probe.ts';

export interface BaseConfig {
  readonly socket: string;
  readonly probeSocket: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Addresses to listen on, without ports. */
  readonly addresses: readonly string[];
  readonly maxConnections: number;
  readonly threads: number;
  /** User and group that HAProxy changes to; only when it starts as root. */
  readonly user?: string;
}

/**
 * Coprime with 10,000, so the n-th request's `n * TURN mod 10,000` takes each value once in any 10,000 requests in
 * a row; and near 10,000 divided by the golden ratio, so that a small share is spread evenly among them (Weyl's
 * sequence). A request is the canary's when its value is below the share.
 */
const TURN = 6181;

/** Requests that may be sent again when a replica closed the connection without an answer (RFC 9110, 9.2.2). */
const IDEMPOTENT = 'GET HEAD OPTIONS PUT DELETE TRACE';

/** Everything but the slots. It changes with settings only, never with a deploy. */
export function renderBase(config: BaseConfig): string {
  return `# Made by the router; it is written anew at each start.
global
  stats socket "${config.socket}" mode 600 level admin expose-fd listeners
  stats timeout 1h
  maxconn ${String(config.maxConnections)}
  nbthread ${String(config.threads)}
${config.user === undefined ? '' : `  user ${config.user}\n  group ${config.user}\n`}\
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
  ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256

defaults
  mode http
  balance leastconn
  timeout connect 3s
  timeout client 5m
  timeout server 5m
  timeout queue 10s
  timeout http-request 15s
  timeout http-keep-alive 60s
  timeout tunnel 1h
  option http-no-delay
  option idle-close-on-response
  option redispatch 1
  option clitcpka
  clitcpka-idle 60s
  clitcpka-intvl 10s
  clitcpka-cnt 3
  option srvtcpka
  srvtcpka-idle 60s
  srvtcpka-intvl 10s
  srvtcpka-cnt 3
  retries 3
  retry-on conn-failure empty-response
  http-error status 502 ${answer('broken-answer.html')}
  http-error status 503 ${answer('no-replica.html')} hdr retry-after 5
  http-error status 504 ${answer('too-slow.html')}

frontend web
${binds(config)}
  http-request del-header ^(forwarded|x[-_]forwarded[-_].*|x[-_]request[-_]id|x[-_]real[-_]ip|proxy)$ -m reg
  http-request add-header X-Forwarded-For %[src]
  http-request add-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
  http-request add-header X-Forwarded-Port %[dst_port]
  http-request add-header X-Request-Id %[uuid()]
  http-request disable-l7-retry unless { method ${IDEMPOTENT} }
  http-request set-var(txn.app) req.hdr(host),host_only,lower,rtrim(.),map_str(${HOSTS_MAP})
  http-request set-var(txn.route) var(txn.app),map_str(${ROUTES_MAP})
  http-request set-var(txn.share) 'var(txn.route),field(4,|)' if { 'var(txn.route),field(4,|)' -m len 1:5 }
  acl split var(txn.share) -m found
  http-request track-sc0 var(txn.app) table splits if split
${LATENCY_RULES}
  use_backend %[var(txn.route),field(3,|)] if split { sc_inc_gpc0(0,splits),mul(${String(TURN)}),mod(10000),sub(txn.share) lt 0 }
  use_backend %[var(txn.route),field(1,|)]
  default_backend ${PAGE_UNKNOWN_HOST}

backend splits
  stick-table type string len 64 size 100k expire 24h store gpc0

${LATENCY_BACKEND}

${renderProbe(config.probeSocket, config.httpPort)}
backend ${PAGE_UNKNOWN_HOST}
  http-request set-var(txn.shown_host) 'req.hdr(host),host_only,lower,bytes(0,253),regsub([^a-z0-9._-],?,g)'
  http-request return status 404 ${answer('unknown-host.html')}

backend ${PAGE_NO_RELEASE}
  http-request return status 503 ${answer('no-release.html')} hdr retry-after 30

backend ${PAGE_MAINTENANCE}
  http-request return status 503 ${answer('maintenance.html')} hdr retry-after 60
`;
}

function answer(file: keyof typeof PAGES): string {
  return `content-type "${PAGE_TYPE}" lf-file pages/${file} hdr cache-control no-store`;
}

function binds(config: BaseConfig): string {
  return config.addresses
    .flatMap((address) => [
      `  bind ${address}:${String(config.httpPort)}${only(address)}`,
      `  bind ${address}:${String(config.httpsPort)}${only(address)} ssl crt-list ${CERTIFICATE_LIST} alpn h2,http/1.1`,
    ])
    .join('\n');
}

/** IPv4 has listeners of its own, whatever the system's `bindv6only` says. */
function only(address: string): string {
  return address.startsWith('[') ? ' v6only' : '';
}
