import { define, flag, text } from '../../command.ts';
import { misuse } from '../../failure.ts';
import { followRelease } from '../../follow/follow.ts';

export const command = define({
  summary: 'Release an image of a registry, by its digest and without a build',
  details:
    'It walks the steps of the canary as any release does. Processes, health check and canary are those of the newest release; ' +
    "of an app that has none yet, the image's own command is its web. Ctrl-C ends the waiting, not the release.",
  examples: [`releases:create --image ghcr.io/acme/shop@sha256:${'0123456789abcdef'.repeat(4)}`],
  json: 'ReleaseDetail, or with --detach Release',
  arguments: {},
  options: {
    image: text('--image <reference>', 'registry/name@sha256:…'),
    detach: flag('--detach', 'end once it is accepted'),
  },
  async run(context, { image, detach }) {
    if (image === undefined) {
      throw misuse('which image is missing', 'Type: sluice releases:create --image registry/name@sha256:…');
    }
    const app = await context.app();
    context.out.step(`Getting ${image}`);
    const api = await context.api();
    const made = await context.waiting('Asking the registry for the image', () =>
      api.call('createRelease', { params: { app }, body: { image } }),
    );
    await followRelease(context, app, made, { detach, asJson: (ended) => ended });
  },
});
