import { expect, test } from 'vitest';
import { numericUser } from '../../../engines/numeric-user.ts';

const FILES = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\napp:x:1001:50:An app:/app:/bin/sh\nbroken\nodd:x:NaN:1:::\n',
  group: 'root:x:0:\nstaff:x:50:app\n',
};

test.each([
  ['app', '1001:50'],
  ['app:staff', '1001:50'],
  ['app:7', '1001:7'],
  ['1234:staff', '1234:50'],
  ['1001', '1001:50'],
  ['1234', '1234'],
  ['root', '0:0'],
  ['nobody', undefined],
  ['app:nogroup', undefined],
  ['broken', undefined],
  ['odd', undefined],
])('USER %s is %s', (user, numbers) => {
  expect(numericUser(user, FILES)).toBe(numbers);
});

test('an image without the files knows only numbers', () => {
  expect(numericUser('app', { passwd: '', group: '' })).toBeUndefined();
  expect(numericUser('7:8', { passwd: '', group: '' })).toBe('7:8');
});
