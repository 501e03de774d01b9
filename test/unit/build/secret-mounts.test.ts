import { describe, expect, it } from 'vitest';
import type { DockerfileStage } from '../../../engines/build/dockerfile/dockerfile.ts';
import { parseDockerfile } from '../../../engines/build/dockerfile/parse.ts';
import { rewriteDockerfile } from '../../../engines/build/dockerfile/rewrite.ts';
import { SecretIds } from '../../../engines/build/dockerfile/secret-mounts.ts';
import { missingSecret } from '../../../engines/build/missing-secret.ts';
import { OfferedSecrets } from '../../../engines/build/offered-secrets.ts';

const secretIds = new SecretIds({ installationId: 'inst', appId: 'app' });
const OWN = 'sluice-inst-app/';

function rewritten(run: string): string {
  const file = parseDockerfile(`FROM x\n${run}\n`, {});
  const target = file.stages[0] as DockerfileStage;
  const { text } = rewriteDockerfile(file, { pin: () => undefined, withoutSyntax: false, target, secretIds });
  return text.slice('FROM x\n'.length, -1);
}

describe('the id of a mounted secret is the own one of the app', () => {
  it.each([
    ['RUN --mount=type=secret,id=A,env=A x', `RUN --mount=type=secret,id=${OWN}A,env=A x`],
    ['RUN --mount=id=A,type=secret x', `RUN --mount=id=${OWN}A,type=secret x`],
    ['RUN --mount=type=secret,source=A,id=B x', `RUN --mount=type=secret,source=${OWN}A,id=B x`],
    [
      'RUN --mount=type=secret,target=/r/.npmrc x',
      `RUN --mount=type=secret,target=/r/.npmrc,id=${OWN}.npmrc x`,
    ],
    ['RUN --mount=type=secret,"id=A" x', `RUN --mount=type=secret,"id=${OWN}A" x`],
    [
      'RUN --mount=type=secret,id=A \\\n --mount=type=secret,dst=/b,mode=0444 x',
      `RUN --mount=type=secret,id=${OWN}A \\\n --mount=type=secret,dst=/b,id=${OWN}b,mode=0444 x`,
    ],
  ])('%s', (written, own) => expect(rewritten(written)).toBe(own));

  it.each([
    'RUN --mount=type=cache,id=A,target=/a x',
    'RUN x --mount=type=secret,id=A',
    'RUN --mount=type=secret x',
    'RUN --mount=type=ssh,id=A x',
  ])('and nothing else: %s', (written) => expect(rewritten(written)).toBe(written));

  it('is what a person wrote again in what people read', () => {
    expect(secretIds.plain(`secret ${OWN}A: not found`)).toBe('secret A: not found');
  });
});

describe('what commands are offered', () => {
  it('is asked for when the first one mounts something, and once', async () => {
    let asked = 0;
    const read = async () => ({ A: String((asked += 1)) });
    const secrets = new OfferedSecrets(secretIds, read);
    expect(asked).toBe(0);
    expect([await secrets.get(`${OWN}A`), await secrets.get(`${OWN}A`)]).toEqual(['1', '1']);
  });

  it.each(['A', 'sluice-inst-other/A', `${OWN}B`, `${OWN}constructor`])('is nothing for %s', async (id) => {
    const secrets = new OfferedSecrets(secretIds, async () => ({ A: 'a' }));
    expect(await secrets.get(id)).toBeUndefined();
  });

  it('tells what was not there, and what kept all of them away', async () => {
    const secrets = new OfferedSecrets(secretIds, async () => ({}));
    await secrets.get(`${OWN}A`);
    expect([...secrets.missing]).toEqual(['A']);
    const away = new Error('away');
    const broken = new OfferedSecrets(secretIds, () => Promise.reject(away));
    await expect(broken.get(`${OWN}A`)).rejects.toThrow(away);
    expect(broken.trouble).toBe(away);
  });
});

describe('a step without a secret that it mounts', () => {
  const step = (instruction: string, error = 'exit code: 1') => ({ instruction, error, output: '' });
  const told = (missing: string[], failed: ReturnType<typeof step>) =>
    missingSecret({ appName: 'shop', missingSecrets: new Set(missing) }, failed)?.hint;
  it.each([
    ['by its id', ['A'], step('RUN --mount=type=secret,id=A x'), 'sluice secrets:set A --build -a shop'],
    [
      'by its place',
      ['b'],
      step('RUN --mount=type=secret,dst=/a/b x'),
      'sluice secrets:set b --build -a shop',
    ],
    [
      'by what BuildKit says',
      ['A'],
      step('RUN x', 'secret A: not found'),
      'sluice secrets:set A --build -a shop',
    ],
    ['which no config can be called', ['a.b'], step('RUN --mount=type=secret,id=a.b x'), 'letters, digits'],
    ['but not the one of another step', ['A'], step('RUN --mount=type=secret,id=AB x'), undefined],
    ['but not a cache of that name', ['A'], step('RUN --mount=type=cache,id=A,target=/a x'), undefined],
  ])('is known %s', (_, missing, failed, hint) => {
    if (hint === undefined) expect(told(missing, failed)).toBeUndefined();
    else expect(told(missing, failed)).toContain(hint);
  });
});
