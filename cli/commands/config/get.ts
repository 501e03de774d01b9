import { define, rest } from '../../command.ts';
import type { Context } from '../../context.ts';
import { failed, type Failure } from '../../failure.ts';
import { typeNext } from '../../hints.ts';

export const command = define({
  summary: 'The value of a config key, as it is',
  examples: ['config:get DATABASE_URL'],
  json: '{[key]: string} of the keys that were asked for',
  arguments: { keys: rest('key', 'printed a line each') },
  options: {},
  async run(context, { keys }) {
    const { out } = context;
    const { values, secrets } = await (
      await context.api()
    ).call('getConfig', { params: { app: await context.app() } });
    const found = keys.map((key) => {
      const value = Object.hasOwn(values, key) ? values[key] : undefined;
      if (value === undefined) throw secrets.includes(key) ? isSecret(context, key) : notSet(context, key);
      return [key, value] as const;
    });
    out.show(Object.fromEntries(found), () => {
      for (const [, value] of found) out.raw(value);
    });
  },
});

function isSecret(context: Context, key: string): Failure {
  return failed(
    'is_secret',
    `${key} is a secret, and the platform shows its value to nobody`,
    `The app itself has it: ${typeNext(context, `run printenv ${key}`)}`,
  );
}

function notSet(context: Context, key: string): Failure {
  return failed('no_such_key', `${key} is not set`, `Type: ${typeNext(context, 'config')}`);
}
