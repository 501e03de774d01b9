import type { V1Endpoint, V1EndpointSlice } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { endpointsOf } from '../../../engines/kubernetes/traffic/service-endpoints.ts';

function slice(endpoints: V1Endpoint[] | null, changes: Partial<V1EndpointSlice> = {}): V1EndpointSlice {
  return {
    addressType: 'IPv4',
    ports: [{ port: 8080 }],
    endpoints: endpoints as V1Endpoint[],
    ...changes,
  };
}

const at = (host: string, ready: boolean, terminating = false) => ({ host, port: 8080, ready, terminating });

test.each<{ what: string; slices: V1EndpointSlice[]; found: object[] }>([
  { what: 'no slice', slices: [], found: [] },
  { what: 'a slice without endpoints', slices: [slice(null)], found: [] },
  {
    what: 'a slice without ports',
    slices: [slice([{ addresses: ['10.0.0.1'] }], { ports: [] })],
    found: [],
  },
  {
    what: 'names instead of addresses',
    slices: [slice([{ addresses: ['db.example'] }], { addressType: 'FQDN' })],
    found: [],
  },
  {
    what: 'an endpoint of which nothing is said',
    slices: [slice([{ addresses: ['10.0.0.1'] }])],
    found: [at('10.0.0.1', true)],
  },
  {
    what: 'all that is said',
    slices: [
      slice([
        { addresses: ['10.0.0.1'], conditions: { ready: true, terminating: false } },
        { addresses: ['10.0.0.2'], conditions: { ready: false } },
        { addresses: ['10.0.0.3'], conditions: { ready: false, serving: true, terminating: true } },
      ]),
    ],
    found: [at('10.0.0.1', true), at('10.0.0.2', false), at('10.0.0.3', false, true)],
  },
  {
    what: 'an address in two slices',
    slices: [
      slice([{ addresses: ['10.0.0.1'], conditions: { ready: false, terminating: true } }]),
      slice([{ addresses: ['10.0.0.1'], conditions: { ready: true } }]),
      slice([{ addresses: ['10.0.0.1'], conditions: { ready: false } }]),
    ],
    found: [at('10.0.0.1', true)],
  },
])('$what', ({ slices, found }) => {
  expect(endpointsOf(slices)).toEqual(found);
});
