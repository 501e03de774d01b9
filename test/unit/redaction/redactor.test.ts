import { describe, expect, it } from 'vitest';
import { Redactor } from '../../../core/redaction/redactor.ts';
import { seeded } from '../../support/random.ts';
import { anySecret, anySurroundings, below, inChunks, pick } from './support/any.ts';
import { ENCODERS } from './support/encoders.ts';
import { redactedSlowly } from './support/reference.ts';

describe.each(Object.entries(ENCODERS))('%s', (_, encode) => {
  it('never comes out, whatever the secret, what stands around it, and where it is split', () => {
    const random = seeded(6);
    for (let round = 0; round < 120; round++) {
      const value = anySecret(random);
      const before = anySurroundings(random);
      const after = anySurroundings(random);
      const others = Array.from({ length: below(random, 4) }, (__, index) => ({
        name: `OTHER_${index}`,
        value: anySecret(random),
      }));
      const redactor = new Redactor([{ name: 'MINE', value }, ...others]);
      const form = encode(value.trim().length < 8 ? value : value.trim());
      // Lines that were joined may be less than a secret.
      if (form.length < 8) continue;
      const text = Buffer.from(before + form + after);
      const out = inChunks(redactor, text, random).toString();
      const shown = JSON.stringify({ value, form, before, after, out });
      expect(out.includes(form), shown).toBe(false);
      expect(out, shown).toMatch(/\[(?:MINE|OTHER_\d)\]/);
      expect(redactor.text(text.toString()), shown).toBe(out);
      expect(redactor.text(out).includes(form), shown).toBe(false);
    }
  });

  it('is all that is cut out', () => {
    const random = seeded(66);
    for (let round = 0; round < 80; round++) {
      // Between letters that no base64 of it can reach over, and no escape.
      const value = `a${anySecret(random).trim()}a`;
      const [before, after] = [`${anySurroundings(random)}~~ `, ` ~~${anySurroundings(random)}`];
      const redactor = new Redactor([{ name: 'MINE', value }]);
      const text = Buffer.from(before + encode(value) + after);
      const out = inChunks(redactor, text, random).toString();
      const shown = JSON.stringify({ value, form: encode(value), out });
      expect(out.startsWith(before), shown).toBe(true);
      expect(out.endsWith(after), shown).toBe(true);
      expect(out.slice(before.length, out.length - after.length), shown).toMatch(
        /^[A-Za-z0-9/+_-]?\[MINE\][A-Za-z0-9/+_-]?$/,
      );
    }
  });
});

it('does what a search of every spelling at every byte does', () => {
  const random = seeded(7);
  for (let round = 0; round < 300; round++) {
    const secrets = Array.from({ length: 1 + below(random, 4) }, (_, index) => ({
      name: `S${index}`,
      value: Array.from(anySecret(random))
        .slice(0, 8 + below(random, 12))
        .join(''),
    }));
    const forms = Object.values(ENCODERS);
    const pieces = Array.from({ length: 6 }, () => {
      const { value } = pick(random, secrets);
      const form = pick(random, forms)(value);
      // Whole, or a beginning or an end, so that beginnings lead astray.
      const kind = below(random, 3);
      const at = below(random, form.length);
      return kind === 0 ? form : kind === 1 ? form.slice(0, at) : form.slice(at);
    });
    const text = Buffer.from(
      pieces.map((piece) => piece + (random() < 0.5 ? '' : anySurroundings(random).slice(0, 9))).join(''),
    );
    const redactor = new Redactor(secrets);
    const slowly = redactedSlowly(secrets, text);
    const shown = JSON.stringify({ secrets, text: text.toString() });
    expect(redactor.stream().push(text).length).toBeLessThanOrEqual(text.length + 64);
    expect(inChunks(redactor, text, random).toString('latin1'), shown).toBe(slowly);
    const { out } = redactor.pass(text, 0, true);
    expect(out.toString('latin1'), shown).toBe(slowly);
  }
});
