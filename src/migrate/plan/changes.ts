import type { Document } from 'mongodb';

/** A change in the documents that a filter finds. */
interface DocumentChange {
  filter: Document;
  /** The paths of the changed fields; `undefined` where any may change. */
  fields: string[] | undefined;
  /** Paths that get the value of another path. */
  moved: [to: string, from: string][];
}

/** The changes that a write consists of. */
export function changesOf(operation: string, [first, second]: readonly unknown[]): DocumentChange[] {
  const filter: Document = Object(first ?? {});
  if (/^(update|findOneAndUpdate)/.test(operation)) return [{ filter, ...changesBy(second) }];
  if (/^(replaceOne|findOneAnd|delete)/.test(operation)) return [{ filter, fields: undefined, moved: [] }];
  if (operation !== 'bulkWrite' || !Array.isArray(first)) return [];
  return first.flatMap((one) =>
    Object.entries(Object(one)).flatMap(([name, model]) =>
      changesOf(name, [Object(model).filter, Object(model).update]),
    ),
  );
}

function changesBy(update: unknown): Pick<DocumentChange, 'fields' | 'moved'> {
  const fields: string[] = [];
  const moved: DocumentChange['moved'] = [];
  for (const [operator, value] of [update].flat().flatMap((stage) => Object.entries(Object(stage)))) {
    if (operator === '$replaceWith' || operator === '$replaceRoot') return { fields: undefined, moved: [] };
    if (operator === '$project' && !Object.values(Object(value)).every((one) => one === 0 || one === false))
      return { fields: undefined, moved: [] };
    if (operator === '$unset' && (typeof value === 'string' || Array.isArray(value)))
      fields.push(...[value].flat().map(String));
    else fields.push(...Object.keys(Object(value)));
    for (const [path, other] of Object.entries(Object(value)).map(([path, one]) => [path, String(one)] as const)) {
      if (operator === '$rename') fields.push(other);
      if (operator === '$rename') moved.push([other, path]);
      if (Array.isArray(update) && /^\$[^$]/.test(other)) moved.push([path, other.slice(1)]);
    }
  }
  return { fields, moved };
}
