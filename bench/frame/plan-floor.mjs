// The least a plan can do: parse the YAML with positions, stat and read each file, compare. Prints how many differ.
import { readFile, stat } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';

const lineCounter = new LineCounter();
const text = await readFile('realm.config.yaml', 'utf8');
const { files } = parseDocument(text, { lineCounter, uniqueKeys: false }).toJS();
const looks = Object.values(files).map(async (file) => {
  const [found] = await Promise.all([readFile(file.path, 'utf8'), stat(file.path)]);
  return found === file.text;
});
const equal = await Promise.all(looks);
console.log(equal.filter((same) => !same).length);
