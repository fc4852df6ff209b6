// How long a text is for `minLength` and `maxLength`: in code points, as JSON Schema counts.

/** A pair of surrogates is one, and half of a pair is one too. */
export function textLength(text: string): number {
  let length = 0;
  for (let at = 0; at < text.length; length += 1) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  return length;
}
