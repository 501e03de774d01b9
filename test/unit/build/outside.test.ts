import { describe, expect, it } from 'vitest';
import { foreignFrontend, refuseOutside, remoteAdds } from '../../../engines/build/dockerfile/outside.ts';

describe('ADD of an address', () => {
  it.each([
    ['plain', 'FROM a\nADD http://169.254.169.254/x /x'],
    ['https, which may redirect', 'FROM a\nADD https://example.com/x /x'],
    ['in lower case, with flags', 'FROM a\nadd --chown=1:1 --checksum=sha256:0 http://h/x /x'],
    ['second of two sources', 'FROM a\nADD file http://h/x /x/'],
    ['as JSON', 'FROM a\nADD ["http://h/x", "/x"]'],
    ['as JSON with escapes', 'FROM a\nADD ["\\u0068ttp://h/x", "/x"]'],
    ['quoted in pieces', 'FROM a\nADD "ht"\'tp\'://h/x /x'],
    ['escaped', 'FROM a\nADD h\\ttp://h/x /x'],
    ['by a variable', 'FROM a\nENV U=http://h\nADD $U /x'],
    ['by a variable for its end', 'FROM a\nADD http${S}://h /x'],
    ['a repository', 'FROM a\nADD git@github.com:a/b.git /x'],
    ['a trigger', 'FROM a\nONBUILD ADD http://h/x /x'],
    ['continued', 'FROM a\nADD \\\n  # remark\n\n  http://h/x \\\n /x'],
    ['continued with the other escape', '# escape=`\nFROM a\nADD `\n http://h/x /x'],
    ['a keyword in two pieces', 'FROM a\nAD\\\nD http://h/x /x'],
    ['hidden in a heredoc that an old engine does not know', 'FROM a\nRUN <<CMD\nADD http://h/x /x\nCMD'],
    ['behind a heredoc whose end looks continued', 'FROM a\nRUN <<"E\\"\nx\nE\\\nADD http://h/x /x'],
    ['behind a line that only the other escape continues', 'FROM a\nRUN echo `\nADD http://h/x /x'],
  ])('is found: %s', (_, text) => {
    expect(remoteAdds(text).length).toBeGreaterThan(0);
  });

  it.each([
    ['a file', 'ADD app.tar.gz /app'],
    ['a file by a variable below a folder', 'ADD ./$FILE /app'],
    ['a variable for a later part', 'ADD dist/${NAME}.tar /app'],
    ['a variable as destination', 'ADD app.tar $HOME'],
    ['an address in a command', 'RUN wget http://example.com/x'],
    ['an address in a remark', '# ADD http://h/x /x'],
    ['a word that begins so', 'RUN add http://h'],
    ['COPY', 'COPY http /x'],
  ])('is not seen in %s', (_, line) => {
    expect(remoteAdds(`FROM a\n${line}\n`)).toEqual([]);
  });

  it('takes no longer for a hostile text', () => {
    const began = performance.now();
    expect(remoteAdds(`FROM a\nRUN x \\\n${'y \\\n'.repeat(30_000)}z\n`)).toEqual([]);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('frontends', () => {
  it.each([
    '# syntax=docker/dockerfile:1',
    '#syntax = docker.io/docker/dockerfile:1.7-labs',
    '# syntax=docker/dockerfile-upstream:master@sha256:00',
    'FROM a',
  ])('%s may stay', (line) => {
    expect(foreignFrontend(`${line}\nFROM a\n`)).toBeUndefined();
  });
  it.each([
    ['# syntax=evil/frontend', 1],
    ['#!/bin/x\n# syntax=evil/frontend', 2],
    ['// syntax=evil/frontend', 1],
    ['# SYNTAX=docker/dockerfile.evil.example/x', 1],
    ['# syntax=evil.example/docker/dockerfile:1', 1],
  ])('%j is refused', (text, line) => {
    expect(foreignFrontend(`${text}\nFROM a\n`)?.line).toBe(line);
  });
});

it('names of the images of other apps are refused wherever they stand, its own are not', () => {
  const own = { all: 'sluice/inst/', app: 'sluice/inst/mine:' };
  const check = (text: string) => () => refuseOutside('Dockerfile', text, own);
  expect(check('FROM sluice/inst/mine:b1')).not.toThrow();
  expect(check('FROM a\nONBUILD COPY --from=sluice/inst/other:b1 / /x')).toThrow('another app');
  expect(check('FROM sluice/inst/mine:b1 AS sluice/inst/other:b1')).toThrow('another app');
});
