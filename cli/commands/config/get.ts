import { define, rest } from '../../command.ts';
import { failed } from '../../failure.ts';
import { typeNext } from '../../hints.ts';

export const command = define({
  summary: 'The value of a config key, as it is',
  examples: ['config:get DATABASE_URL'],
  json: 'an object of the keys asked for',
  arguments: { keys: rest('key', 'printed a line each') },
  options: {},
  async run(context, { keys }) {
    const { out } = context;
    const { values } = await (
      await context.api()
    ).call('getConfig', { params: { app: await context.app() } });
    const found = keys.map((key) => {
      const value = Object.hasOwn(values, key) ? values[key] : undefined;
      if (value === undefined)
        throw failed('no_such_key', `${key} is not set`, `Type: ${typeNext(context, 'config')}`);
      return [key, value] as const;
    });
    out.show(Object.fromEntries(found), () => {
      for (const [, value] of found) out.raw(value);
    });
  },
});
