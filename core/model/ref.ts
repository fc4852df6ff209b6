// kind/name: the name of a resource everywhere.
export type Ref = `${string}/${string}`;

export const refOf = (kind: string, name: string): Ref => `${kind}/${name}`;

/** Splits at the first slash; a name never contains one. */
export function splitRef(ref: Ref): { readonly kind: string; readonly name: string } {
  const slash = ref.indexOf('/');
  return { kind: ref.slice(0, slash), name: ref.slice(slash + 1) };
}

export const isRef = (text: string): text is Ref => /^[a-z][a-z0-9-]*\/[^\s/]+$/.test(text);
