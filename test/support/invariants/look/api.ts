import type { Platform } from '../../platform.ts';
import type { AppFacts } from '../facts.ts';

/** What the server shows of each app to people who may see all of it. */
export async function appsOfApi(
  platform: Platform,
  apps: readonly { readonly id: string }[],
): Promise<Map<string, Pick<AppFacts, 'listed' | 'config'>>> {
  return new Map(
    await Promise.all(
      apps.map(async ({ id }) => {
        const { values } = (await platform.api(`/v1/apps/${id}/config`)) as {
          values: Record<string, string>;
        };
        return [id, { listed: await builds(platform, id), config: values }] as const;
      }),
    ),
  );
}

async function builds(platform: Platform, id: string): Promise<number[]> {
  const numbers: number[] = [];
  let cursor = '';
  do {
    const page = (await platform.api(`/v1/apps/${id}/builds?limit=100${cursor}`)) as {
      items: { number: number }[];
      next?: string;
    };
    numbers.push(...page.items.map(({ number }) => number));
    cursor = page.next === undefined ? '' : `&cursor=${encodeURIComponent(page.next)}`;
  } while (cursor !== '');
  return numbers;
}
