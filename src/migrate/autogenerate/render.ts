import type { ShapeChange } from './shape-change.ts';
import { describe } from './describe.ts';
import { Draft, print } from './draft.ts';
import { WIDTH } from './literal.ts';
import { renderCollection } from './render-collection.ts';
import { withNewNames } from './renamed-collections.ts';
import type { CollectionShape } from './shape.ts';

/** The text of a migration's file, and what only the developer can write in it. */
export interface Rendered {
  text: string;
  needsEdit: string[];
}

/**
 * The file of a migration that makes the changes which `compare` found, and undoes them: TypeScript, formatted as by
 * Prettier, for a folder beside `src`.
 * @param description the reason in words; the archives of conversions are named after it
 * @throws {Error} if there is nothing to change
 * @throws {OperatorError} if a default has no literal
 */
export function render(
  description: string,
  changes: readonly ShapeChange[],
  before: readonly CollectionShape[],
  after: readonly CollectionShape[],
): Rendered {
  if (changes.length === 0) throw new Error('there is nothing to change');
  const draft = new Draft();
  const renamed = changes.filter((change) => change.kind === 'renameCollection');
  const others = changes.filter((change) => change.kind !== 'renameCollection');
  const old = withNewNames(before, renamed);
  const names = [...new Set(others.map(({ collection }) => collection))];
  const parts = names.map((name) =>
    renderCollection(draft, {
      name,
      description,
      isOnly: names.length === 1,
      changes: others.filter(({ collection }) => collection === name),
      before: old.find((shape) => shape.name === name),
      after: after.find((shape) => shape.name === name),
    }),
  );
  const rename = (from: string, to: string) => draft.call('renameCollection', from, to);
  const forth = renamed.map(({ collection, to }) => rename(collection, to));
  const up = [...forth, ...parts.flatMap((part) => part.up)];
  const down = [
    // A `down` that was killed at its end and is run again finds the old names; so does one for an `up` that was killed
    // early.
    ...(parts.length > 0 ? forth : []),
    ...parts.toReversed().flatMap((part) => part.down),
    ...renamed.toReversed().map(({ collection, to }) => rename(to, collection)),
  ];
  const text = draft.finish(
    comment(['What changes:', ...changes.map((change) => `- ${describe(change)}`), `Why: ${description}`]),
    ['export async function up(db: Db): Promise<void> {', ...draft.prelude, ...print(up), '}'].join('\n'),
    [comment(downComment(changes)), 'export async function down(db: Db): Promise<void> {', ...print(down), '}'].join(
      '\n',
    ),
  );
  return { text, needsEdit: draft.needsEdit };
}

function downComment(changes: readonly ShapeChange[]): string[] {
  const lost = changes.filter(
    (change) => change.kind === 'removeField' && change.required && change.value === undefined,
  );
  const lacking = lost.map((change) => `${change.collection}.${change.kind === 'removeField' ? change.field : ''}`);
  return [
    'Undoes `up`. What it removes is archived, and comes back with the next `up`.',
    ...(changes.some(({ kind }) => kind === 'renameCollection') &&
    !changes.every(({ kind }) => kind === 'renameCollection')
      ? ['First it renames as `up` does: an `up` or `down` that was killed may have left the old names.']
      : []),
    ...(lacking.length > 0
      ? [
          `Documents written since \`up\` lack ${lacking.join(', ')}. The old validator refuses them: then this stops and names one.`,
        ]
      : []),
  ];
}

/** A comment of one line or of several; long lines are wrapped between words. */
function comment(paragraphs: readonly string[]): string {
  const lines = paragraphs.flatMap((text) => wrap(text.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ')));
  return lines.length === 1
    ? `/** ${lines.join('')} */`
    : ['/**', ...lines.map((line) => ` * ${line}`), ' */'].join('\n');
}

function wrap(text: string): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = `${lines.at(-1) ?? ''} ${word}`.trimStart();
    if (line.length <= WIDTH - ' * '.length - 4) lines[lines.length - 1] = line;
    else lines.push(`  ${word}`);
  }
  return lines.filter((line) => line !== '');
}
