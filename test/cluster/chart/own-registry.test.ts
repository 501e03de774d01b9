import { afterAll, beforeAll, expect, test } from 'vitest';
import { ChartInstallation } from '../../support/chart.ts';
import { clusterNodes, kubectl } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/ports.ts';
import { testSettings } from '../../support/settings.ts';

let sluice: ChartInstallation;
let port: number;
beforeAll(async () => {
  const base = testSettings.clusterRegistry;
  port = await freePort();
  sluice = new ChartInstallation({
    registry: {
      localPort: port,
      storage: { class: testSettings.clusterStorageClass, size: '1Gi' },
      mirrors: { 'docker.io': [`http://${base}`] },
      addresses: [`${base.replace(/:.*$/, '')}/32`],
    },
  });
  await sluice.start();
});
afterAll(() => sluice?.[Symbol.asyncDispose]());

test('where no registry is named, the release has one of its own, from which every node pulls', async () => {
  const path = await sluice.app('shop', 'hello-static');
  const push = await sluice.push(path);
  expect(push.code, push.output).toBe(0);
  const spread = await sluice.sluice(['ps:scale', 'web=2', '-a', 'shop']);
  expect(spread.code, spread.output).toBe(0);
  const nodes = (await clusterNodes()).map(({ name }) => name);
  // The command sets how many there should be; the controller makes them, and each node pulls, after its answer.
  const seen = await eventually(
    'a replica is ready on each node',
    async () => {
      const found = await replicas();
      expect(found.map(({ node }) => node).toSorted()).toEqual(nodes.toSorted());
      expect(found.filter(({ ready }) => !ready)).toEqual([]);
      return found;
    },
    180_000,
  );
  for (const { image } of seen) {
    expect(image).toMatch(new RegExp(`^localhost:${port}/sluice/\\w+/\\w+@sha256:[0-9a-f]{64}$`));
  }
  expect((await sluice.get('shop')).status).toBe(200);
});

test('nobody reads it without its login, which commands of a build do not know', async () => {
  const path = await sluice.app('curious', 'hello-static');
  const registry = `http://sluice-registry.${sluice.namespace}:5000/v2/_catalog`;
  const dockerfile = [
    'FROM busybox:1',
    `RUN wget -q -O - ${registry} 2>&1 | tee /answer; grep -q 401 /answer`,
    // Whatever this container can see of others': files, and what their processes were started with and hold. A login is
    // `sluice:…` in base64. A file of its own proves that it would be found; no pattern finds itself.
    'RUN echo c2x1aWNl.OnBhc3M= | tr -d . >/tmp/own',
    `RUN found=$(grep -rsl 'c2x1aWNl[O]' ${SEEN} | sed 's,^/proc/[0-9]*/root,,' | sort -u); echo "found $found"; [ "$found" = /tmp/own ]`,
    'USER 1000',
    'CMD exec httpd -f -p "$PORT"',
    '',
  ].join('\n');
  await sluice.commit(path, { Dockerfile: dockerfile });
  const push = await sluice.push(path);
  expect(push.code, push.output).toBe(0);
});

test('images of an app that is destroyed leave it', async () => {
  const id = await sluice.appId('curious');
  const repository = `sluice/${await sluice.installationId()}/${id}`;
  const images = async (): Promise<string> => sluice.inServer(['node', '-e', TAGS, repository]);
  expect(await images()).toContain('"tags":["b1"]');
  const gone = await sluice.sluice(['apps:destroy', 'curious', '--confirm', 'curious']);
  expect(gone.code, gone.output).toBe(0);
  await eventually('its images are gone', async () => !(await images()).includes('"b1"'));
});

/** Those of `web`, wherever they run. */
async function replicas(): Promise<{ node: string; image: string; ready: boolean }[]> {
  interface Pod {
    readonly spec: { readonly nodeName?: string; readonly containers: readonly { readonly image: string }[] };
    readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }
  const own = `sluice.dev/installation=${await sluice.installationId()},sluice.dev/process=web`;
  const pods = ['get', 'pods', '--all-namespaces', '--selector', own, '--output', 'json'];
  const { items } = JSON.parse(await kubectl(pods)) as { items: Pod[] };
  return items.map(({ spec, status }) => ({
    node: spec.nodeName ?? '',
    image: spec.containers[0]?.image ?? '',
    ready: status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true,
  }));
}

/** Of its own container, and of others' by their processes. */
const SEEN = [
  '/tmp',
  ...['environ', 'cmdline', ...['etc', 'home', 'tmp', 'sluice', 'run'].map((name) => `root/${name}`)].map(
    (name) => `/proc/[0-9]*/${name}`,
  ),
].join(' ');

/** Asks the registry as the server does. */
const TAGS = `
  const { auths } = JSON.parse(require('node:fs').readFileSync('/etc/sluice/registry/config.json'));
  const [{ auth }] = Object.values(auths);
  fetch('http://' + process.env.SLUICE_REGISTRY_ENDPOINT + '/v2/' + process.argv[1] + '/tags/list', {
    headers: { authorization: 'Basic ' + auth },
  })
    .then((answer) => answer.text())
    .then(console.log);
`;
