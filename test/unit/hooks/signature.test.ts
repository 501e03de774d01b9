import { expect, test } from 'vitest';
import { verify } from '../../../server/hooks/signature.ts';

const BODY = Buffer.from('{"before":"a","after":"b"}');

function byToken(more: Record<string, string> = {}) {
  const headers: Record<string, string> = { 'x-gitlab-token': 'whsec_secret', ...more };
  return verify('gitlab', ['whsec_secret'], (name) => headers[name], BODY, 0);
}

test('GitLab by its token alone: a message that it sends again is known by its id', () => {
  const [first, again] = [byToken({ 'idempotency-key': 'one' }), byToken({ 'idempotency-key': 'one' })];
  expect(again?.key).toEqual(first?.key);
});

test('and another push of the same commits, back and forth, is another message', () => {
  const [first, later] = [byToken({ 'idempotency-key': 'one' }), byToken({ 'idempotency-key': 'two' })];
  expect(later?.key).not.toEqual(first?.key);
  // Without an id it is known for minutes only, so that it is not lost for long.
  expect(byToken()?.rememberMs).toBeLessThanOrEqual(10 * 60_000);
});
