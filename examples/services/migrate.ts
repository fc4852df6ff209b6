// Brings the data into the shape that web expects: a one-shot.
import { appendFileSync } from 'node:fs';

appendFileSync('data.txt', 'migrated\n');
console.log('migrated');
