import { kubectl } from '../../support/cluster.ts';
import { testSettings } from '../../support/settings.ts';

const HERE = ['--namespace', 'sluice-builds'];

interface Ended {
  readonly exitCode: number;
  readonly startedAt: string;
  readonly finishedAt: string;
}
interface Container {
  readonly name: string;
  readonly state: { readonly terminated?: Ended };
}

/** How the two stages of each build of an installation ended, by its pod; undefined: not begun, or it runs. */
export async function buildPods(
  installation: string,
): Promise<{ test: Ended | undefined; build: Ended | undefined }[]> {
  const selector = `sluice.dev/installation=${installation},sluice.dev/kind=build`;
  const text = await kubectl(['get', 'pods', ...HERE, '-l', selector, '--output', 'json']);
  const { items } = JSON.parse(text) as {
    items: { status: { initContainerStatuses?: Container[]; containerStatuses?: Container[] } }[];
  };
  const ended = (all: Container[] | undefined, name: string): Ended | undefined =>
    all?.find((one) => one.name === name)?.state.terminated;
  return items.map(({ status }) => ({
    test: ended(status.initContainerStatuses, 'test'),
    build: ended(status.containerStatuses, 'build'),
  }));
}

export async function jobsOf(installation: string): Promise<string[]> {
  const selector = `sluice.dev/installation=${installation},sluice.dev/kind=build`;
  const names = await kubectl(['get', 'jobs', ...HERE, '-l', selector, '--output', 'name']);
  return names
    .split('\n')
    .filter(Boolean)
    .map((name) => name.replace('job.batch/', ''));
}

/** Tags of what the registry holds of an app. */
export async function imagesOf(installation: string, appId: string): Promise<string[]> {
  const registry = `http://${testSettings.clusterRegistry}/v2/`;
  const answer = await fetch(`${registry}sluice/${installation}/${appId}/tags/list`);
  if (answer.status === 404) return [];
  const { tags } = (await answer.json()) as { tags: string[] | null };
  return tags ?? [];
}
