import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { gated, GateFilter, newWords } from '../../../engines/kubernetes/workloads/gate.ts';
import { eventually } from '../../support/eventually.ts';

const ignore = (): undefined => undefined;

describe('the gate of a one-off', () => {
  it('lets nothing through but what the command writes, however it is cut', async () => {
    const words = newWords();
    const [program = '', ...argv] = gated(['/bin/sh', '-c', 'cat; echo oops >&2; exit 3']);
    const child = spawn(program, argv);
    const heard = Promise.withResolvers<void>();
    const codes: number[] = [];
    const [out, err] = [
      new GateFilter(words, false, heard.resolve, (code) => codes.push(code)),
      new GateFilter(words, false, ignore, (code) => codes.push(code)),
    ];
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      for (const byte of chunk) stdout += out.push(Buffer.from([byte])).toString();
    });
    child.stderr.on('data', (chunk: Buffer) => (stderr += err.push(chunk).toString()));
    child.stdin.write(`${words.ask}\n`);
    await heard.promise;
    child.stdin.write(`${words.ask}\n${words.go}\n`);
    child.stdin.end('go-on\n');
    await eventually('both have heard its end', () => codes.length === 2);
    // It stays for those who have not.
    expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    expect({ codes, stdout, stderr }).toEqual({ codes: [3, 3], stdout: 'go-on\n', stderr: 'oops\n' });
  });

  it('ends with an error of its own when nobody lets the command begin', async () => {
    const [program = '', ...argv] = gated(['/bin/sh', '-c', 'echo ran']);
    const child = spawn(program, argv, { stdio: ['pipe', 'pipe', 'ignore'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stdin.end();
    const code = await new Promise((resolve) => {
      child.on('close', resolve);
    });
    expect({ code, output }).toEqual({ code: 125, output: '' });
  });

  it('takes the echo of a terminal away as well', () => {
    const words = newWords();
    let heard = 0;
    const filter = new GateFilter(words, true, () => (heard += 1), ignore);
    const said = (word: string): string => `${word}\r\n`.repeat(3);
    expect(filter.push(Buffer.from(`${words.ask}\r\n${words.ask}\r\n`))).toHaveLength(0);
    expect(heard).toBe(0);
    expect(filter.push(Buffer.from(`${words.ask}\r\n${words.go}\r\n${words.go}\r\n`))).toHaveLength(0);
    expect(heard).toBe(1);
    expect(filter.push(Buffer.from(`${words.go}\r\n$ `)).toString()).toBe('$ ');
    expect(filter.push(Buffer.from(said('more'))).toString()).toBe(said('more'));
  });

  it('keeps nothing back of a command whose gate never came to its last word', () => {
    const words = newWords();
    const codes: number[] = [];
    const filter = new GateFilter(words, false, ignore, (code) => codes.push(code));
    filter.push(Buffer.from(`${words.ask}\n${words.go}\n`));
    const start = words.end.slice(0, 7);
    expect(filter.push(Buffer.from(`a${start}`)).toString()).toBe('a');
    expect(filter.push(Buffer.from('z')).toString()).toBe(`${start}z`);
    expect(filter.push(Buffer.from(start)).toString()).toBe('');
    expect(filter.rest().toString()).toBe(start);
    expect(codes).toEqual([]);
  });
});
