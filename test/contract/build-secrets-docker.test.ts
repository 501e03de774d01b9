import { randomBytes } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { RecordingObserver, buildTask } from '../support/build-task.ts';
import { must } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { openDockerBuilds } from './build-docker-fixture.ts';
import { buildSecretsContract } from './build-secrets.ts';

buildSecretsContract('docker', openDockerBuilds);

it('a secret of a build is in no record of the engine', async () => {
  const fixture = await openDockerBuilds();
  onTestFinished(() => fixture.cleanUp());
  const secret = `s3cr3t-${randomBytes(12).toString('hex')}`;
  const mark = randomBytes(8).toString('hex');
  const Dockerfile = `FROM busybox:1\nRUN --mount=type=secret,id=TOKEN,required=true echo ${mark} && test -s /run/secrets/TOKEN\n`;
  const task = buildTask();
  const outcome = await fixture.runner.run(
    task,
    fixture.source({ Dockerfile }, { TOKEN: secret }),
    new RecordingObserver(),
    new AbortController().signal,
  );
  if (outcome.result !== 'succeeded') throw new Error(JSON.stringify(outcome));
  const [image] = await fixture.imagesOf(task);
  for (const argv of [
    ['history', '--no-trunc', String(image)],
    ['system', 'df', '--verbose', '--format', '{{json .}}'],
  ]) {
    // Engines before 23 measure for one at a time: other tests do, too.
    const said = await eventually(`the engine tells its ${argv[0]}`, () => must('docker', argv));
    expect(said.includes(mark), argv[0]).toBe(true);
    expect(said.includes(secret), argv[0]).toBe(false);
  }
  expect(await must('docker', ['image', 'inspect', String(image)])).not.toContain(secret);
});
