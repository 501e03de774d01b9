import { LogEntry } from '../../../core/contracts/resources.ts';
import { lines } from '../../../core/logs/lines.ts';
import { oneLine } from '../../../core/printable.ts';
import { reason, Refusal } from '../../../core/reason.ts';
import { ServerUnreachable } from '../server-client.ts';
import type { Asked } from './asked.ts';
import type { PersonApi } from './person-api.ts';

/** Characters of one line of a build's log. */
const LONGEST_LINE = 64 * 1024;
/** Characters of a line of an app's log with what it comes in: engines keep 64 KiB, each byte of which may be escaped. */
const LONGEST_ENTRY = 6 * LONGEST_LINE + 4 * 1024;
/** Log lines before now. */
const TAIL = 100;

/** Lines of an app's processes; with `follow` as they come. */
export async function* appLog(api: PersonApi, { app, follow }: Asked): AsyncGenerator<string, void> {
  const query = { tail: TAIL, follow: String(follow) };
  try {
    for await (const line of lines(await api.stream('logs', { params: { app }, query }), LONGEST_ENTRY)) {
      const { at, release, source, text } = LogEntry.parse(JSON.parse(line));
      yield oneLine(`${at} v${release} ${source}: ${text}`);
    }
  } catch (error) {
    if (!follow || !(error instanceof ServerUnreachable)) throw error;
  }
  if (!follow) return;
  // It has no end of its own. Who may not read on is told so.
  await api.call('listProcesses', { params: { app } });
  throw new ServerUnreachable('the log ended');
}

/** A build's log; with `follow` until the verdict. @throws Refusal with the reason when that is not a good one */
export async function* buildLog(
  api: PersonApi,
  { app, follow }: Asked,
  number: number,
): AsyncGenerator<string, void> {
  const params = { app, number };
  const log = await api.stream('getBuildLog', { params, query: { offset: 0, follow: String(follow) } });
  let cut = false;
  try {
    for await (const line of lines(log, LONGEST_LINE)) yield oneLine(line);
  } catch (error) {
    if (!(error instanceof ServerUnreachable)) throw error;
    cut = true;
  }
  if (!follow && !cut) return;
  const { ended, ok, release, reason: why, url } = await api.call('getVerdict', { params });
  if (!ended || cut) throw new ServerUnreachable('the log ended before the build');
  if (!ok) throw Refusal.of(409, why ?? reason('not_live', `build ${number} did not become live`));
  yield oneLine(`=====> v${release?.number} is live${url === undefined ? '' : `: ${url}`}`);
}
