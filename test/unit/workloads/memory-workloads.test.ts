import { workloadsContract } from '../../contract/workloads/contract.ts';
import { MemoryEngine } from '../../../engines/memory/memory-engine.ts';
import { MemoryWorkloads } from '../../../engines/memory/memory-workloads.ts';

workloadsContract('memory', async () => {
  const engine = new MemoryEngine();
  engine.behave('crashes', 'crashes');
  engine.behave('answers-503', 'answers-503');
  engine.oneOff = (command) => ({ errors: 'oops\n', code: Number(command.split(' ').at(-1)) });
  return {
    workloads: new MemoryWorkloads(engine),
    reopen: () => new MemoryWorkloads(engine),
    web: (behaviour) => ({ image: behaviour, command: 'serve' }),
    user: '',
    worker: 'work',
    copyThenExit: (code) => ({ command: [`copy-then-exit ${code}`] }),
    close: () => Promise.resolve(),
  };
});
