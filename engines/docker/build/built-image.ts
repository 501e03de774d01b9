import type { BuildObserver, BuildTask, BuiltImage } from '../../port.ts';
import { EngineUnreachable } from './engine.ts';
import type { Engine } from './engine.ts';
import { megabytes, runsAsRoot, tcpPorts } from '../../build/image-facts.ts';
import { INDENT } from '../../../core/output-lines.ts';

export function finalTag(task: BuildTask): string {
  return `sluice/${task.installationId}/${task.appId}:b${task.buildNumber}`;
}

/** What the platform must know of the image that a build made; warns when it runs as root. */
export async function builtImage(engine: Engine, id: string, observer: BuildObserver): Promise<BuiltImage> {
  const image = await engine.inspectImage(id);
  if (image === undefined) throw new EngineUnreachable(new Error(`the engine made ${id} and has lost it`));
  const user = image.Config.User;
  const lines = [`Image ${image.Id.replace('sha256:', '').slice(0, 12)}, ${megabytes(image.Size)}`];
  if (runsAsRoot(user)) {
    lines.push('It runs as root: a line `USER 1000` before CMD in its last stage would mend that');
  }
  await observer.log(lines.map((line) => `${INDENT}${line}\n`).join(''));
  return { image: image.Id, exposedPorts: tcpPorts(image.Config.ExposedPorts), sizeBytes: image.Size, user };
}
