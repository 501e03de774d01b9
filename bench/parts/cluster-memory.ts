import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { kubectl } from '../../test/support/cluster.ts';
import { startOnCluster } from '../../test/support/cluster-platform.ts';
import { eventually } from '../../test/support/eventually.ts';
import type { Platform } from '../../test/support/platform.ts';
import { testSettings } from '../../test/support/settings.ts';
import { tinyApp } from '../../test/support/tiny-app.ts';
import { copyApp } from '../fleet/copy-app.ts';
import { report } from '../report.ts';
import { resetPeak, peak, resident } from '../resident.ts';

const APPS = 200;
/** The nodes of the tests' cluster take 110 pods each, and two processors start them all. */
const RUNNING = 60;
/** Of what a replica may use, the cluster keeps so much for it. */
const SURE_SHARE = 0.25;
/** Builds have pods, too. */
const REPLICAS = ',sluice.dev/kind=replica';
const REST_MS = 20_000;
const LONGEST_MS = 300_000;

/**
 * What the server holds with 200 apps in a cluster. One is pushed; the others are as if each had been pushed, in the journal,
 * and the server makes all that they need in the cluster by itself. Replicas are so large that only some find a node; the
 * others are there as pods that wait. They fill the nodes, so nothing else starts meanwhile.
 */
export async function clusterMemory(flags: ReadonlySet<string>): Promise<void> {
  const [, asked = APPS] = [...flags].map((flag) => /^--apps=(\d+)$/.exec(flag)).find(Boolean) ?? [];
  const apps = Number(asked);
  report.title(`memory of the server with ${apps} apps in a cluster (MB = 10^6 bytes)`);
  if (testSettings.clusterKubeconfig === undefined) {
    report.line('   not run: it needs a cluster; see docs/development/benchmarks.md');
    return;
  }
  const builds = `sluice-test-builds-${randomBytes(4).toString('hex')}`;
  await kubectl(['create', 'namespace', builds]);
  await kubectl(['label', 'namespace', builds, 'pod-security.kubernetes.io/enforce=privileged']);
  const memory = await roomFor(RUNNING);
  const platform = await startOnCluster(
    { SLUICE_APP_MEMORY: String(memory), SLUICE_APP_CPUS: '0.2' },
    builds,
  );
  const { installationId } = (await platform.api('/v1/status')) as { installationId: string };
  try {
    await platform.sluiceOk(['apps:create', 'app-0']);
    const path = await platform.repository('app-0', tinyApp('one'));
    const push = await platform.git(path, ['push', '-q', 'platform', 'main']);
    if (push.code !== 0) throw new Error(push.output);
    await platform.kill('server', 'SIGTERM');
    await copyApp(platform.paths, 'app-0', apps - 1, 'kubernetes');
    const began = performance.now();
    await platform.startPart('server');
    await resetPeak(platform.pid('server') ?? 0);
    await untilMade(installationId, apps);
    report.line(`   all made after ${((performance.now() - began) / 1_000).toFixed(0)} s`);
    await measured(platform, installationId, 'the server that made them');
    await platform.restart('server');
    await resetPeak(platform.pid('server') ?? 0);
    await platform.ready();
    await measured(platform, installationId, 'a server that found them');
    report.goal('< 300 MB');
  } finally {
    // All of them at once, where the platform would take one after the other.
    const selector = `sluice.dev/installation=${installationId}`;
    await kubectl(['delete', 'namespaces', '--selector', selector, '--wait=false']);
    await platform.stop();
    await kubectl(['delete', 'namespace', builds, '--wait=false']);
  }
}

async function measured(platform: Platform, installationId: string, who: string): Promise<void> {
  await pause(REST_MS);
  const pid = platform.pid('server') ?? 0;
  const { rss, pss } = await resident(pid);
  const most = await peak(pid);
  const has = await inCluster(installationId);
  report.line(
    `   ${who}, ${REST_MS / 1_000} s later: VmRSS ${rss.toFixed(1)}   PSS ${pss.toFixed(1)}   VmHWM ${most.toFixed(1)}`,
  );
  report.line(
    `      ${has.namespaces} namespaces, ${has.deployments} Deployments, ${has.services} Services, ${has.pods} pods, ${has.running} of them running`,
  );
}

async function untilMade(installationId: string, apps: number): Promise<void> {
  await eventually(
    'everything is there',
    async () => {
      const { deployments, pods, running } = await inCluster(installationId);
      await pause(1_000);
      return deployments === apps && pods === apps && running >= Math.min(apps, RUNNING) * 0.9;
    },
    LONGEST_MS,
  );
}

async function inCluster(installationId: string) {
  const count = async (kind: string, labels = '', ...more: string[]): Promise<number> => {
    const selector = `--selector=sluice.dev/installation=${installationId}${labels}`;
    const names = await kubectl(['get', kind, '--all-namespaces', selector, '--output', 'name', ...more]);
    return names.split('\n').filter(Boolean).length;
  };
  const [namespaces, deployments, services, pods, running] = await Promise.all([
    count('namespaces'),
    count('deployments'),
    count('services'),
    count('pods', REPLICAS),
    count('pods', REPLICAS, '--field-selector=status.phase=Running'),
  ]);
  return { namespaces, deployments, services, pods, running };
}

/** Bytes that a replica may use, so that so many of them fill the nodes. */
async function roomFor(replicas: number): Promise<number> {
  const field = 'jsonpath={range .items[*]}{.status.allocatable.memory}{"\\n"}{end}';
  const nodes = (await kubectl(['get', 'nodes', '--output', field])).trim().split('\n');
  const each = Math.floor(replicas / nodes.length);
  const smallest = Math.min(...nodes.map((text) => Number.parseInt(text, 10) * 1_024));
  return Math.floor(smallest / (each + 0.5) / SURE_SHARE);
}
