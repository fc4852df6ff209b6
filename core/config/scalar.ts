// Reads a text again as YAML would read it without quotes: `8080` is a number, `true` a boolean, the rest is text.

const NUMBER = /^[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$/;

/** Numbers that would not be written back the same (`007`, `1.10`, twenty digits) may still be read; the text is kept beside. */
export function rereadScalar(text: string): string | number | boolean {
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  if (!NUMBER.test(text)) return text;
  const number = Number(text);
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : text;
}
