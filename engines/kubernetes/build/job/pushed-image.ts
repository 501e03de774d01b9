import { reason } from '../../../../core/reason.ts';
import { INDENT } from '../../../../core/output-lines.ts';
import { BuildFailure } from '../../../build/build-failure.ts';
import { megabytes, runsAsRoot, tcpPorts } from '../../../build/image-facts.ts';
import type { BuiltImage } from '../../../port.ts';
import { findImage, ownPlatform, type FoundImage } from '../../registry/find-image.ts';
import { causeOf, isPassing, overPassingTrouble } from '../../registry/passing-trouble.ts';
import { parseReference } from '../../registry/reference.ts';
import type { Registries } from '../../registry/registry.ts';
import { BuildLost } from './build-lost.ts';

/**
 * What the platform must know of the image that a build pushed.
 * @param name with its tag
 * @param accounts finds out what the names of a user and group are as numbers (`1000:1000`); undefined: nobody of that name
 * @throws BuildFailure `image_runs_as_root` or `image_user_unknown`; the image is then taken away again
 * @throws BuildLost `registry_unreachable`
 */
export async function pushedImage(
  registries: Registries,
  name: string,
  digest: string,
  accounts: (user: string) => Promise<string | undefined>,
  log: (text: string) => Promise<void>,
  signal: AbortSignal,
): Promise<BuiltImage> {
  const reference = { ...parseReference(name), tag: undefined, digest };
  const look = (): Promise<FoundImage> => findImage(registries, reference, ownPlatform(), signal);
  const onWait = (trouble: unknown): Promise<void> =>
    log(`${INDENT}${reference.host} does not answer (${causeOf(trouble)}); asking again\n`);
  const { config, sizeBytes } = await overPassingTrouble(look, signal, { onWait }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw isPassing(error) ? unreachable(reference.host, error) : error;
  });
  await log(`${INDENT}Image ${digest.replace('sha256:', '').slice(0, 12)}, ${megabytes(sizeBytes)}\n`);
  const written = config.User ?? '';
  const user = /^\d+(?::\d+)?$/.test(written) || written === '' ? written : await accounts(written);
  if (user === undefined || runsAsRoot(user)) {
    // Nobody may run it. A registry that lets nothing go keeps it.
    const options = { method: 'DELETE' };
    await registries
      .request(reference.host, reference.repository, `manifests/${digest}`, signal, options)
      .catch(() => undefined);
    throw user === undefined ? unknownUser(written) : root(written);
  }
  const image = `${reference.host}/${reference.repository}@${digest}`;
  return { image, exposedPorts: tcpPorts(config.ExposedPorts), sizeBytes, user };
}

function unreachable(host: string, error: unknown): BuildLost {
  const said = causeOf(error);
  const message = `the image was sent to ${host}, and could not be looked at there: ${said}`;
  return new BuildLost(reason('registry_unreachable', message, 'push again; see `sluice doctor`'));
}

function root(written: string): BuildFailure {
  const how = written === '' ? 'it names no user' : `USER ${written}`;
  return new BuildFailure(
    reason(
      'image_runs_as_root',
      `the image runs as root (${how}), which this platform does not allow`,
      'add the line `USER 1000` before CMD in its last stage; files that the app writes must be writable for that user',
    ),
  );
}

function unknownUser(written: string): BuildFailure {
  return new BuildFailure(
    reason(
      'image_user_unknown',
      `the image runs as USER ${written}, whom its /etc/passwd and /etc/group do not name`,
      'write the number: `USER 1000`',
    ),
  );
}
