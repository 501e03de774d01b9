import { LATENCY_BOUNDS_MS } from '../../core/canary/latency.ts';
import { LATENCY_MAP } from '../layout.ts';

/** The stick table that holds the counters; its keys are `<slot>.<bucket>`. */
export const LATENCY_TABLE = 'latency';

/**
 * HAProxy counts by itself how long the answers of a split app took to their first byte: what the request waited for
 * a connection slot (Tw), for the connection (Tc) and for the answer's head (Tr). Of a request that was sent again only Tr: how long the router tried a
 * replica that is gone is not how fast the release answers. Each answer adds 1
 * to the counter of its slot and bucket. So nothing is logged or sampled, reading costs the same at any rate, and the
 * counters go on while no router reads them.
 *
 * These rules run for answers of replicas only, never for a page of HAProxy's own, and no other rule for answers may
 * follow them. Timers of HAProxy's log, not the date, because the clock may be set meanwhile.
 */
export const LATENCY_RULES = `\
  http-response allow unless { var(txn.share) -m found }
  http-response allow if { status 101 } || { res.hdr(content-type) -i -m beg text/event-stream }
  http-response set-var-fmt(txn.queued) %Tw
  http-response set-var-fmt(txn.connected) %Tc
  http-response set-var-fmt(txn.retries) %rc
  http-response set-var(txn.connected) int(0) unless { var(txn.retries) -m str 0 }
  http-response set-var-fmt(txn.answered) %Tr
  http-response set-var(txn.bucket) 'var(txn.answered),add(txn.connected),add(txn.queued),map_int(${LATENCY_MAP},${String(LATENCY_BOUNDS_MS.length)})'
  http-response track-sc1 'be_name,concat(.,txn.bucket)' table ${LATENCY_TABLE}
  http-response sc-inc-gpc0(1)`;

/** A counter that nobody added to for an hour has long been read, and goes; it then counts from 0. */
export const LATENCY_BACKEND = `\
backend ${LATENCY_TABLE}
  stick-table type string len 32 size 1m expire 1h store gpc0`;

/** Whole milliseconds, as HAProxy measures them → bucket. What is in no range is slower than the last bound. */
export function renderLatencyMap(): string {
  return LATENCY_BOUNDS_MS.map((bound, bucket) => {
    const from = bucket === 0 ? 0 : (LATENCY_BOUNDS_MS[bucket - 1] as number) + 1;
    return `${String(from)}:${String(bound)} ${String(bucket)}\n`;
  }).join('');
}
