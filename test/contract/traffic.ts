import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  latencyBucket,
  type LatencyCounts,
  latencyQuantile,
  latencySamples,
  NO_LATENCY,
} from '../../core/canary/latency.ts';
import type { ProbeResult, ReleaseCounts, Route, RouteRelease, Traffic } from '../../engines/port.ts';

type Address = RouteRelease['backends'][number];

/** What a test of any Traffic needs: the thing itself, replicas, and a client. */
export interface TrafficRig {
  readonly traffic: Traffic;
  /**
   * Starts a replica that answers every request with `name` and counts as release `name`: `/wait/MS` after so many
   * milliseconds, `/status/CODE` with that status, `/drop` by closing the connection.
   */
  replica(name: string): Promise<Address>;
  /** An address where nothing answers. */
  deadReplica(): Promise<Address>;
  /** Requests that a replica got, by whatever way. */
  asked(replica: Address): number;
  /** Sends requests to a host: how many were answered by which replica's name, or by a page (`404`, `503`). */
  send(host: string, requests: number, path?: string): Promise<Record<string, number>>;
  /** Opens an event stream; resolves when it has begun. */
  stream(host: string): Promise<{ end(): Promise<void> }>;
  /** Opens an upgraded connection; `exchange` resolves when the replica has sent the word back. */
  upgrade(host: string): Promise<{ exchange(word: string): Promise<void>; close(): void }>;
  /** Opens a request to a host whose answer comes when `finish` is called; it gives the replica's name. */
  hold(host: string): Promise<{ finish(): Promise<string> }>;
  close(): Promise<void>;
}

interface AppOfTest {
  readonly host: string;
  /** Id of its n-th release. */
  readonly release: (n: number) => string;
  readonly route: (...releases: RouteRelease[]) => Route;
}

/** What every Traffic must do. */
export function trafficContract(name: string, openRig: () => Promise<TrafficRig>): void {
  describe(`Traffic: ${name}`, () => {
    let rig: TrafficRig;
    let serial = 0;
    beforeAll(async () => {
      rig = await openRig();
    });
    afterAll(async () => {
      await rig.close();
    });

    /** An app of its own for each test. */
    function app(): AppOfTest {
      serial += 1;
      const appName = `app${String(serial)}`;
      const host = `${appName}.localhost`;
      return {
        host,
        release: (n) => `${appName}-v${String(n)}`,
        route: (...releases) => ({
          appId: `${appName}-id`,
          appName,
          hosts: [host],
          releases,
          maintenance: false,
        }),
      };
    }

    async function release(releaseId: string, weight: number, replicas = 1): Promise<RouteRelease> {
      const backends = await Promise.all(
        Array.from({ length: replicas }, async () => rig.replica(releaseId)),
      );
      return { releaseId, weight, backends };
    }

    async function countsOf(releaseId: string): Promise<ReleaseCounts | undefined> {
      return (await rig.traffic.counts()).releases.find((counts) => counts.releaseId === releaseId);
    }

    /** HAProxy counts a request a moment after the client has its answer. */
    async function counted(releaseId: string, expected: Partial<ReleaseCounts>): Promise<void> {
      await expect.poll(async () => countsOf(releaseId)).toMatchObject(expected);
    }

    async function latencyOf(releaseId: string): Promise<LatencyCounts> {
      return (await countsOf(releaseId))?.latency ?? NO_LATENCY;
    }

    /** Resolves when the times of so many answers of both sides of a split are known. */
    async function timed(sides: readonly [string, string], answers: number): Promise<void> {
      await expect
        .poll(async () => {
          const [one, two] = [await latencyOf(sides[0]), await latencyOf(sides[1])];
          return latencySamples(one) + latencySamples(two);
        })
        .toBe(answers);
    }

    test('requests for an app reach its release once apply has resolved', async () => {
      const { route, host, release: id } = app();
      await rig.traffic.apply(route(await release(id(1), 10_000)));
      expect(await rig.send(host, 10)).toEqual({ [id(1)]: 10 });
    });

    test('a second apply of the same route changes nothing', async () => {
      const { route, host, release: id } = app();
      const same = route(await release(id(1), 10_000));
      await rig.traffic.apply(same);
      await rig.traffic.apply(same);
      expect(await rig.send(host, 10)).toEqual({ [id(1)]: 10 });
    });

    test('all replicas of a release take requests', async () => {
      const { route, host, release: id } = app();
      const [one, two] = [await rig.replica(`${id(1)}-a`), await rig.replica(`${id(1)}-b`)];
      await rig.traffic.apply(route({ releaseId: id(1), weight: 10_000, backends: [one, two] }));
      const seen = await rig.send(host, 20);
      expect(Object.keys(seen).toSorted()).toEqual([`${id(1)}-a`, `${id(1)}-b`]);
    });

    test.each([
      { weight: 500, replicas: [1, 1] },
      { weight: 3_300, replicas: [3, 1] },
      { weight: 1, replicas: [1, 2] },
    ])(
      'of 10,000 requests $weight go to the release of that weight, whatever the replicas',
      async (split) => {
        const { route, host, release: id } = app();
        const stable = await release(id(1), 10_000 - split.weight, split.replicas[0]);
        const canary = await release(id(2), split.weight, split.replicas[1]);
        await rig.traffic.apply(route(stable, canary));
        expect(await rig.send(host, 10_000)).toEqual({
          [id(1)]: 10_000 - split.weight,
          [id(2)]: split.weight,
        });
      },
    );

    test('a release of weight 0 takes no request', async () => {
      const { route, host, release: id } = app();
      const old = await release(id(1), 0);
      await rig.traffic.apply(route(old, await release(id(2), 10_000)));
      expect(await rig.send(host, 100)).toEqual({ [id(2)]: 100 });
    });

    test('an app without a release, or in maintenance, gets a page', async () => {
      const { route, host, release: id } = app();
      await rig.traffic.apply(route());
      expect(await rig.send(host, 1)).toEqual({ 503: 1 });
      const live = route(await release(id(1), 10_000));
      await rig.traffic.apply({ ...live, maintenance: true });
      expect(await rig.send(host, 1)).toEqual({ 503: 1 });
      await rig.traffic.apply(live);
      expect(await rig.send(host, 1)).toEqual({ [id(1)]: 1 });
    });

    test('a removed app is unknown, and removing it twice is harmless', async () => {
      const { route, host, release: id } = app();
      await rig.traffic.apply(route(await release(id(1), 10_000)));
      await rig.traffic.remove(route().appId);
      await rig.traffic.remove(route().appId);
      expect(await rig.send(host, 1)).toEqual({ 404: 1 });
    });

    test('hosts come and go with their route', async () => {
      const { route, host, release: id } = app();
      const base = route(await release(id(1), 10_000));
      const own = `www.${host}`;
      await rig.traffic.apply({ ...base, hosts: [host, own] });
      expect(await rig.send(own, 1)).toEqual({ [id(1)]: 1 });
      await rig.traffic.apply(base);
      expect(await rig.send(own, 1)).toEqual({ 404: 1 });
      expect(await rig.send(host, 1)).toEqual({ [id(1)]: 1 });
    });

    test('sync makes the whole table be so', async () => {
      const [kept, gone] = [app(), app()];
      const keptRoute = kept.route(await release(kept.release(1), 10_000));
      await rig.traffic.apply(gone.route(await release(gone.release(1), 10_000)));
      await rig.traffic.sync([keptRoute]);
      expect(await rig.send(kept.host, 1)).toEqual({ [kept.release(1)]: 1 });
      expect(await rig.send(gone.host, 1)).toEqual({ 404: 1 });
    });

    test('counts tell the requests of each release', async () => {
      const { route, host, release: id } = app();
      await rig.traffic.apply(route(await release(id(1), 10_000)));
      await rig.send(host, 25);
      expect((await rig.traffic.counts()).fresh).toBe(true);
      await counted(id(1), { requests: 25 });
      expect(await countsOf(id(1))).toEqual({
        releaseId: id(1),
        requests: 25,
        errors5xx: 0,
        aborts: 0,
        unreached: 0,
        active: 0,
        latency: NO_LATENCY,
      });
    });

    test('counts tell answers with 5xx', async () => {
      const { route, host, release: id } = app();
      await rig.traffic.apply(route(await release(id(1), 10_000)));
      await rig.send(host, 3, '/status/500');
      await rig.send(host, 2, '/status/404');
      await counted(id(1), { requests: 5, errors5xx: 3 });
    });

    test('a request that reaches no replica is counted apart', async () => {
      const { route, host, release: id } = app();
      const dead = { releaseId: id(1), weight: 10_000, backends: [await rig.deadReplica()] };
      await rig.traffic.apply(route(dead));
      expect(await rig.send(host, 1)).toEqual({ 503: 1 });
      await rig.traffic.apply(route({ ...dead, backends: [] }));
      expect(await rig.send(host, 1)).toEqual({ 503: 1 });
      await rig.traffic.apply(route(await release(id(1), 10_000)));
      await rig.send(host, 1, '/status/503');
      await counted(id(1), { requests: 1, errors5xx: 1, aborts: 0, unreached: 2 });
    });

    test('a request whose replica is gone is answered by another, and is no error', async () => {
      const { route, host, release: id } = app();
      const [alive] = (await release(id(1), 10_000)).backends as [Address];
      const backends = [await rig.deadReplica(), alive];
      await rig.traffic.apply(route({ releaseId: id(1), weight: 10_000, backends }));
      expect(await rig.send(host, 10)).toEqual({ [id(1)]: 10 });
      await counted(id(1), { requests: 10, errors5xx: 0, aborts: 0, unreached: 0 });
    });

    test('while traffic is split, the times of the answers of both sides are in their buckets', async () => {
      const { route, host, release: id } = app();
      await rig.traffic.apply(route(await release(id(1), 5_000), await release(id(2), 5_000)));
      await rig.send(host, 20, '/wait/100');
      const sides = [id(1), id(2)] as const;
      await timed(sides, 20);
      for (const side of sides) {
        const latency = await latencyOf(side);
        expect(latencySamples(latency)).toBe(10);
        expect(latencySamples(latency.slice(0, latencyBucket(100)))).toBe(0);
        expect(latencyQuantile(latency, 0.5)).toBeLessThan(400);
      }
      await rig.send(host, 100);
      await timed(sides, 120);
      for (const side of sides) {
        expect(latencyQuantile(await latencyOf(side), 0.5)).toBeLessThan(91);
      }
    });

    test('upgraded and event-stream answers are counted, but not timed', async () => {
      const { route, host, release: id } = app();
      await rig.traffic.apply(route(await release(id(1), 5_000), await release(id(2), 5_000)));
      const streams = [await rig.stream(host), await rig.stream(host)];
      const sockets = [await rig.upgrade(host), await rig.upgrade(host)];
      for (const stream of streams) await stream.end();
      for (const socket of sockets) socket.close();
      for (const side of [id(1), id(2)]) {
        await counted(side, { requests: 2, latency: NO_LATENCY });
      }
    });

    test('pages of the router are not timed', async () => {
      const { route, host, release: id } = app();
      const dead = (n: number): RouteRelease => ({ releaseId: id(n), weight: 5_000, backends: [] });
      await rig.traffic.apply(route(dead(1), dead(2)));
      expect(await rig.send(host, 1)).toEqual({ 503: 1 });
      expect((await countsOf(id(1)))?.latency).toEqual(NO_LATENCY);
      expect((await countsOf(id(2)))?.latency).toEqual(NO_LATENCY);
    });

    test('what is open on a release stays open while its weight goes to 0', async () => {
      const { route, host, release: id } = app();
      const [stable, canary] = [await release(id(1), 0), await release(id(2), 10_000)];
      await rig.traffic.apply(route(canary));
      const [stream, socket] = [await rig.stream(host), await rig.upgrade(host)];
      for (const weight of [5_000, 100, 0]) {
        await rig.traffic.apply(route({ ...stable, weight: 10_000 - weight }, { ...canary, weight }));
        await socket.exchange(`at ${String(weight)}`);
      }
      expect((await countsOf(id(2)))?.active).toBe(2);
      expect(await rig.send(host, 10)).toEqual({ [id(1)]: 10 });
      await stream.end();
      socket.close();
      await counted(id(2), { active: 0 });
    });

    describe('a probe', () => {
      async function probe(
        host: string,
        backend: Address,
        path = '/',
        timeoutMs = 10_000,
      ): Promise<ProbeResult> {
        return rig.traffic.probe({ host, path, backend, timeoutMs });
      }

      test('reaches the replica that it names and no other, and is not counted', async () => {
        const { route, host, release: id } = app();
        const stable = await release(id(1), 5_000, 2);
        const canary = await release(id(2), 5_000, 2);
        await rig.traffic.apply(route(stable, canary));
        await rig.send(host, 10);
        await timed([id(1), id(2)], 10);
        const before = await rig.traffic.counts();
        const named = canary.backends[1] as Address;
        const others = [...stable.backends, canary.backends[0] as Address];
        const asked = [named, ...others].map((replica) => rig.asked(replica));
        for (let round = 0; round < 5; round += 1) {
          expect(await probe(host, named)).toEqual({ status: 200, ms: expect.any(Number) as number });
        }
        expect([named, ...others].map((replica) => rig.asked(replica))).toEqual([
          (asked[0] ?? 0) + 5,
          ...asked.slice(1),
        ]);
        expect(await rig.traffic.counts()).toEqual(before);
      });

      test('reaches a replica of no route', async () => {
        expect(await probe(app().host, await rig.replica('spare'))).toMatchObject({ status: 200 });
      });

      test.each([204, 302, 404, 500, 503])('tells the status %i of the replica', async (status) => {
        const replica = await rig.replica('spare');
        expect(await probe(app().host, replica, `/status/${String(status)}`)).toMatchObject({ status });
        expect(rig.asked(replica)).toBe(1);
      });

      test('tells how long the answer took', async () => {
        const { ms } = await probe(app().host, await rig.replica('spare'), '/wait/200');
        expect(ms).toBeGreaterThanOrEqual(199);
        expect(ms).toBeLessThan(10_000);
      });

      test('to a dead replica says so, and has no status', async () => {
        expect(await probe(app().host, await rig.deadReplica())).toEqual({
          unreached: true,
          ms: expect.any(Number) as number,
        });
      });

      test('that the replica breaks off has no status, and is sent once', async () => {
        const replica = await rig.replica('spare');
        for (let sent = 1; sent <= 3; sent += 1) {
          expect(await probe(app().host, replica, '/drop')).toEqual({ ms: expect.any(Number) as number });
          expect(rig.asked(replica)).toBe(sent);
        }
      });

      test('that takes too long has no status', async () => {
        const { status, ms } = await probe(app().host, await rig.replica('spare'), '/wait/20000', 200);
        expect(status).toBeUndefined();
        expect(ms).toBeGreaterThanOrEqual(199);
        expect(ms).toBeLessThan(10_000);
      });
    });

    test('a request that is open when its release loses all weight is finished, and counted as active until then', async () => {
      const { route, host, release: id } = app();
      const old = await release(id(1), 10_000);
      await rig.traffic.apply(route(old));
      const held = await rig.hold(host);
      await rig.traffic.apply(route({ ...old, weight: 0 }, await release(id(2), 10_000)));
      expect(await rig.send(host, 10)).toEqual({ [id(2)]: 10 });
      expect((await countsOf(id(1)))?.active).toBe(1);
      expect(await held.finish()).toBe(id(1));
      await counted(id(1), { active: 0 });
    });
  });
}
