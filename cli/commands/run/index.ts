import { RunSession } from '../../api/run-session.ts';
import { define, flag, rest } from '../../command.ts';
import { attach } from './attach.ts';
import { runOutput } from './output.ts';

export const command = define({
  summary: 'Run one command in a container of the live release, with its config',
  details: [
    'Exits with the exit code of the command. Options of sluice stand before the command: what follows is its own.',
    'With --json: {"stream": …, "data": …} a line, then {"exit": …}.',
  ].join('\n'),
  examples: ['run npm run migrate', 'run -a hello sh', 'run psql < dump.sql'],
  json: '{stream: "stdout" | "stderr", data} a line; {exit: {code, oomKilled}} is the last',
  arguments: { argv: rest('command', 'the command and its arguments') },
  options: { noTty: flag('--no-tty', 'no terminal, even when there is one') },
  passThrough: true,
  async run(context, { argv, noTty }) {
    const { terminal, out } = context;
    const tty = terminal.canAsk && terminal.interactive && !noTty && !context.json;
    const size = tty ? terminal.size() : undefined;
    const [api, app] = [await context.api(), await context.app()];
    const session = await context.waiting('Starting a container', () =>
      RunSession.start(api, app, { command: argv, tty, ...size }),
    );
    const detach = attach(session, terminal, tty);
    try {
      const exit = await session.finish(runOutput(context));
      if (context.json) await out.record({ exit });
      if (exit.oomKilled) out.warn('The command was killed: it wanted more memory than it may have');
      return exit.code;
    } finally {
      detach();
    }
  },
});
