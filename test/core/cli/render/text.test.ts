// Text is measured, cut and made harmless.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { colourPaint } from '../../../../core/cli/render/colour.ts';
import { cut, headline, printable, widthOf, wrap } from '../../../../core/cli/render/text.ts';

test.each([
  ['plain', 5],
  ['', 0],
  ['größe', 5],
  ['e\u0301', 1],
  ['日本', 4],
  ['한국', 4],
  ['🚀', 2],
  ['👩‍👩‍👧', 2],
  ['🇩🇪', 2],
  ['⚠️', 2],
  ['±', 1],
  ['\u200b', 0],
  [colourPaint('red', 'abc'), 3],
])('%j takes %i cells', (text, cells) => {
  expect(widthOf(text)).toBe(cells);
});

test('text from outside cannot steer the terminal', () => {
  expect(printable('\u001b[2Jgone\u0007')).toBe('\\x1b[2Jgone\\x07');
  expect(printable('a\nb\tc')).toBe('a⏎b c');
  expect(printable('\u202egnp.exe')).toBe('\\x202egnp.exe');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      // oxlint-disable-next-line no-control-regex -- control characters are what this is about
      expect(printable(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    }),
  );
});

test('cut text fits, and says that it was cut', () => {
  expect(cut('abcdef', 4)).toBe('abc…');
  expect(cut('日本語', 4)).toBe('日…');
  expect(cut('abc', 3)).toBe('abc');
  expect(cut('abc', 0)).toBe('');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.nat(20), (text, cells) => {
      const safe = printable(text);
      expect(widthOf(cut(safe, cells))).toBeLessThanOrEqual(cells);
      expect(cut(safe, cells) === safe).toBe(widthOf(safe) <= cells);
    }),
  );
});

test('wrapping loses no word', () => {
  expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrap('a verylongword b', 4)).toEqual(['a', 'verylongword', 'b']);
});

test.each([
  ['there is no run beet', 'There is no run beet'],
  ['There is no command.', 'There is no command'],
  ['file/b is not declared', 'file/b is not declared'],
  ['realm.config.yaml is empty', 'realm.config.yaml is empty'],
  ['Nothing was written. Move it away.', 'Nothing was written. Move it away.'],
  ['realm up', 'realm up'],
  ['chmod 700 /x', 'chmod 700 /x'],
  ['did you mean `x`?', 'Did you mean `x`?'],
  ['realm approve a1 --why "..."', 'realm approve a1 --why "..."'],
])('%j as a headline is %j', (text, shown) => expect(headline(text)).toBe(shown));
