// Findings with the lines they speak of, exactly as a person reads them.
import { expect, test } from 'vitest';
import { plainPaint } from '../../../../core/cli/render/colour.ts';
import { diagnosticsText, errorText } from '../../../../core/cli/render/frame.ts';
import { widthOf } from '../../../../core/cli/render/text.ts';
import type { Diagnostic } from '../../../../core/errors.ts';
import { RealmError } from '../../../../core/errors.ts';

const lines = ['services:', '  web: { command: [node], prot: 80 }', '\tdb: 日本語 x', 'x'.repeat(300)];
const look = { paint: plainPaint, columns: 80, cwd: '/realm', linesOf: () => lines };
const finding = (more: Partial<Diagnostic> & { line: number; column: number }): Diagnostic => ({
  code: 'CONFIG_INVALID',
  severity: 'error',
  message: 'unknown key "prot" in service/web',
  hint: 'Did you mean `port`?',
  ...more,
  at: { file: '/realm/realm.config.yaml', line: more.line, column: more.column, path: 'services.web.prot' },
});

test('a finding shows its place, the line before, and a caret under the word', () => {
  expect(diagnosticsText([finding({ line: 2, column: 27 })], look)).toBe(
    `error CONFIG_INVALID  Unknown key "prot" in service/web
  realm.config.yaml:2:27  services.web.prot
  1 | services:
  2 |   web: { command: [node], prot: 80 }
    |                           ^^^^
  hint: Did you mean \`port\`?

1 error. \`realm explain CONFIG_INVALID\` tells more.
`,
  );
});

test('the caret is as long as a quoted text, and as a plain word', () => {
  const caretAt = (line: string, column: number): string | undefined =>
    diagnosticsText([finding({ line: 1, column })], { ...look, linesOf: () => [line] }).split('\n')[3];
  expect(caretAt('a: "${env:X Y}", b', 4)).toBe('    |    ^^^^^^^^^^^^');
  expect(caretAt("a: 'it, too'", 4)).toBe('    |    ^^^^^^^^^');
  expect(caretAt('a: "never closed', 4)).toBe('    |    ^^^^^^');
  expect(caretAt('a: [b, c]', 5)).toBe('    |     ^');
});

test('secrets that stand on the lines are not shown, and carets stay where they were', () => {
  const shown = (line: string): string =>
    diagnosticsText([finding({ line: 2, column: line.indexOf('slak') + 1 })], {
      ...look,
      columns: 200,
      linesOf: () => ['password: hunter2', line],
    });
  const text = shown(
    '  - { webhook: "https://h/T0/hush", headers: { Authorization: hush }, at: http://me:hush@h/x, as: slak }',
  );
  expect(text).not.toMatch(/hush|hunter2/);
  const [written, caret] = text.split('\n').slice(3, 5) as [string, string];
  expect(written).toContain('http://•••••••@h/x');
  expect(caret.indexOf('^')).toBe(written.indexOf('slak'));
  expect(shown("  token: '${secret:a}', secrets: { a: { env: B } }, as: slak")).toContain('secrets: { a: { env: B } }');
});

test('wide characters and tabs before the word move the caret as they move the word', () => {
  const text = diagnosticsText([finding({ line: 3, column: 10 })], look).split('\n');
  const [written, caret] = [text[3]!, text[4]!];
  expect(written).toBe('  3 |  db: 日本語 x');
  expect(caret).toBe('    |             ^'); // three wide characters take six cells
});

test('a line longer than the terminal begins near the word, and nothing is wider than the terminal', () => {
  const line = `${'x'.repeat(40)}: { ${'日'.repeat(60)}: 1, 𝒳prot: ${'y'.repeat(200)} }`;
  const column = line.indexOf('prot') + 1;
  const far = { ...look, linesOf: () => [line] };
  const text = diagnosticsText([finding({ line: 1, column })], far);
  const [shown, caret] = text.split('\n').slice(2, 4) as [string, string];
  expect(shown).toMatch(/^ {2}1 \| …日+: 1, 𝒳prot: y+…$/);
  expect(widthOf(caret.slice(0, caret.indexOf('^')))).toBe(widthOf(shown.slice(0, shown.indexOf('prot'))));
  for (const one of text.split('\n')) expect(widthOf(one)).toBeLessThanOrEqual(80);
});

test('a place outside the file, or in no file, is told without lines', () => {
  for (const linesOf of [() => lines, () => undefined]) {
    const text = diagnosticsText([finding({ line: 99, column: 1 })], { ...look, linesOf });
    expect(text.split('\n').slice(0, 3)).toEqual([
      'error CONFIG_INVALID  Unknown key "prot" in service/web',
      '  realm.config.yaml:99:1  services.web.prot',
      '  hint: Did you mean `port`?',
    ]);
  }
});

test('several findings are counted', () => {
  const all = [finding({ line: 1, column: 1 }), finding({ line: 2, column: 27, severity: 'warning' })];
  expect(diagnosticsText(all, look)).toMatch(/\n1 error, 1 warning\. /);
  expect(diagnosticsText([], look)).toBe('');
});

test('an error without a place is its sentence and its hint', () => {
  const error = new RealmError('CONFIG_NOT_FOUND', 'no realm.config.yaml here', { hint: 'realm init' });
  expect(errorText(error, look)).toBe('error CONFIG_NOT_FOUND  No realm.config.yaml here\n  hint: realm init\n');
});

test('a file outside the folder keeps its whole path', () => {
  const at = { file: '/etc/realm.yaml', line: 1, column: 1, path: '' };
  expect(errorText(new RealmError('CONFIG_UNREADABLE', 'no', { at }), look)).toContain('  /etc/realm.yaml:1:1\n');
});
