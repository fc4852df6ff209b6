// `realm graph`: in an order in which things can start, and as Mermaid reads it.
import { expect, test } from 'vitest';
import type { Edge, Ref } from '../../../../core/plugin.ts';
import { mermaidText, plainText } from '../../../../plugins/services/verbs/graph.ts';

const edge = (ref: Ref, until: Edge['until'] = 'Ready', onLoss: Edge['onLoss'] = 'ignore'): Edge => ({
  ref,
  until,
  onLoss,
});
const service = (name: string, ...after: Edge[]) => ({ ref: `service/${name}` as const, name, after });

test('each after what it comes after, with what it waits for', () => {
  const web = service('web', edge('service/db'), edge('file/page'), edge('service/migrate', 'Completed'));
  const worker = service('worker', edge('service/web', 'Log /listening/', 'restart'));
  expect(plainText([worker, web, service('migrate'), service('db')])).toBe(
    [
      'db',
      'migrate',
      'web      after db (ready), file/page (ready), migrate (completed)',
      'worker   after web (says /listening/; restarts with it)',
    ].join('\n'),
  );
  expect(plainText([])).toBe('No service is declared.');
});

test('Mermaid gets plain ids, and texts in which no quotation mark ends them', () => {
  const arrows = [{ from: 'service/a', to: 'service/b', until: 'Log /say "hi"/', onLoss: 'ignore' }] as const;
  expect(mermaidText(['service/a', 'service/b'], arrows)).toBe(
    'graph LR\n  n0["a"]\n  n1["b"]\n  n0 -->|"says /say #quot;hi#quot;/"| n1',
  );
});
