import type { Document } from 'mongodb';
import type { UpdateOperators } from './update-operators.ts';

/** Applies update operators to a copy of a document. See "$set" in MongoDB's manual. */
export function applyChanges(document: Document, { $set, $unset }: UpdateOperators): Document {
  const changed = { ...document };
  for (const [path, value] of Object.entries($set)) change(changed, path.split('.'), value);
  for (const path of Object.keys($unset)) change(changed, path.split('.'), undefined);
  return changed;
}

/** Sets or removes the value at a path. Objects on the path are copied, or created if a value is to be set in them. */
function change(target: Document, [name = '', ...rest]: string[], value: unknown): void {
  const inner = target[name];
  if (rest.length > 0) {
    if (value === undefined && typeof inner !== 'object') return;
    target[name] = { ...inner };
    change(target[name], rest, value);
  } else if (value === undefined) delete target[name];
  else target[name] = value;
}
