import type { V1Endpoint, V1EndpointSlice } from '@kubernetes/client-node';
import type { Endpoint } from '../../../core/endpoints.ts';
import type { ServiceRef } from '../../port.ts';
import type { Cluster } from '../api/cluster.ts';
import { Reflector } from '../api/reflector.ts';
import { ofInstallation } from '../labels.ts';

const PATH = '/apis/discovery.k8s.io/v1/endpointslices';
const SERVICE_LABEL = 'kubernetes.io/service-name';
/** Milliseconds without a watch until what it told counts for nothing any more. A watch is opened anew each few minutes. */
const STALE = 10_000;

export interface ServiceEndpointsEvents {
  /** The cluster says something else of a Service than before. */
  changed(service: ServiceRef): void;
  /** Something went wrong that is tried again by itself. */
  failed(error: unknown): void;
}

/** Which addresses are behind the Services of an installation, by one watch of their EndpointSlices. */
export class ServiceEndpoints {
  private readonly slices: Reflector<V1EndpointSlice>;
  private readonly services = new Map<string, Map<string, V1EndpointSlice>>();

  constructor(cluster: Cluster, installationId: string, events: ServiceEndpointsEvents) {
    const changed = (slice: V1EndpointSlice): void => {
      const service = serviceOf(slice);
      if (service !== undefined) events.changed(service);
    };
    this.slices = new Reflector<V1EndpointSlice>(
      cluster,
      { path: PATH, labelSelector: ofInstallation(installationId) },
      {
        set: (slice) => {
          this.note(slice);
          changed(slice);
        },
        gone: (slice) => {
          this.forget(slice);
          changed(slice);
        },
        failed: (error) => events.failed(error),
      },
    );
  }

  start(): void {
    this.slices.start();
  }

  /** Undefined: there is no slice of the Service, or the cluster has not been heard for some seconds. */
  of(service: ServiceRef): readonly Endpoint[] | undefined {
    if (this.slices.silence > STALE) return undefined;
    const slices = this.services.get(keyOf(service));
    return slices === undefined ? undefined : endpointsOf([...slices.values()]);
  }

  async close(): Promise<void> {
    await this.slices.close();
  }

  private note(slice: V1EndpointSlice): void {
    const service = serviceOf(slice);
    if (service === undefined) return;
    const slices = this.services.get(keyOf(service)) ?? new Map<string, V1EndpointSlice>();
    slices.set(slice.metadata?.name ?? '', slice);
    this.services.set(keyOf(service), slices);
  }

  private forget(slice: V1EndpointSlice): void {
    const service = serviceOf(slice);
    if (service === undefined) return;
    const slices = this.services.get(keyOf(service));
    slices?.delete(slice.metadata?.name ?? '');
    if (slices?.size === 0) this.services.delete(keyOf(service));
  }
}

/**
 * All addresses in the slices of one Service. One that is in two of them, as while the cluster moves it, counts as it is in
 * the better.
 */
export function endpointsOf(slices: readonly V1EndpointSlice[]): Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const { endpoints, ports, addressType } of slices) {
    if (addressType === 'FQDN') continue;
    for (const endpoint of endpoints ?? []) {
      for (const { port } of ports ?? []) {
        for (const host of port === undefined ? [] : (endpoint.addresses ?? [])) {
          const one = { host, port: port as number, ...stateOf(endpoint) };
          const key = `${host} ${String(port)}`;
          if (rank(one) > rank(found.get(key))) found.set(key, one);
        }
      }
    }
  }
  return [...found.values()];
}

/** What is not said counts as ready (EndpointConditions of discovery.k8s.io/v1). */
function stateOf({ conditions }: V1Endpoint): Pick<Endpoint, 'ready' | 'terminating'> {
  return { ready: conditions?.ready !== false, terminating: conditions?.terminating === true };
}

function rank(endpoint: Endpoint | undefined): number {
  if (endpoint === undefined) return 0;
  if (endpoint.terminating) return 1;
  return endpoint.ready ? 3 : 2;
}

function serviceOf({ metadata }: V1EndpointSlice): ServiceRef | undefined {
  const name = metadata?.labels?.[SERVICE_LABEL];
  const namespace = metadata?.namespace;
  return name === undefined || namespace === undefined ? undefined : { namespace, name };
}

function keyOf({ namespace, name }: ServiceRef): string {
  return `${namespace}/${name}`;
}
