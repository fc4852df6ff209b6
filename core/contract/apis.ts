// Objects that plugins lend each other for queries. Strangers add theirs by declaration merging into 'realm-runner/plugin'.
// eslint-like empty interface on purpose: filled by merging
export interface RealmApis {}
export type ApiName = keyof RealmApis & string;
