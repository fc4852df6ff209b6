// Colour, or none: on terminals only, off with NO_COLOR or --no-color, forced with FORCE_COLOR.
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'magenta';
/** Dresses text in a style, or gives it back as it is. */
export type Paint = (style: Style | undefined, text: string) => string;

export const plainPaint: Paint = (_style, text) => text;
export const colourPaint: Paint = (style, text) =>
  style === undefined || text === '' ? text : styleText(style, text, { validateStream: false });

/** https://no-color.org and https://force-color.org: any non-empty value counts; the flag beats both. */
export function wantsColour(
  env: Readonly<Record<string, string | undefined>>,
  isTTY: boolean,
  isForbidden: boolean,
): boolean {
  if (isForbidden || (env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'] ?? '';
  if (forced !== '') return forced !== '0' && forced !== 'false';
  return isTTY && env['TERM'] !== 'dumb';
}
