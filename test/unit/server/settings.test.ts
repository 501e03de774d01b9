import { expect, it } from 'vitest';
import { readSettings } from '../../../server/settings.ts';

it.each([['1'], ['160'], ['4096']])('takes the slots of all builders together: %s', (slots) => {
  expect(readSettings({ SLUICE_BUILD_SLOTS: slots }).buildSlots).toBe(Number(slots));
});

it.each([['0'], ['4097'], ['some']])('refuses %s slots', (slots) => {
  expect(() => readSettings({ SLUICE_BUILD_SLOTS: slots })).toThrow('SLUICE_BUILD_SLOTS');
});
