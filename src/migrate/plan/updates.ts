interface Update {
  filter: unknown;
  update: unknown;
}

/** The updates and the replacements that a write consists of. */
export function changesOf(operation: string, [first, second]: readonly unknown[]): [Update[], unknown[]] {
  if (/^(update|findOneAndUpdate)/.test(operation)) return [[{ filter: first, update: second }], []];
  if (/^(replaceOne|findOneAndReplace)$/.test(operation)) return [[], [second]];
  if (operation !== 'bulkWrite') return [[], []];
  const all = (Array.isArray(first) ? first : []).map((one) => Object(one));
  const updates = all.flatMap(({ updateOne, updateMany }) => [updateOne, updateMany]).filter(Boolean);
  const replacements = all.flatMap(({ replaceOne }) => replaceOne ?? []);
  return [updates, replacements.map(({ replacement }) => replacement)];
}

/**
 * The paths of the fields that an update takes away, whether it is a document of operators or a pipeline.
 * @returns `undefined` where it keeps only what it names, so that it may be any field
 */
export function takenFields(update: unknown): string[] | undefined {
  const taken: string[] = [];
  for (const stage of [update].flat()) {
    for (const [operator, value] of Object.entries(Object(stage))) {
      const fields = takenBy(operator, value);
      if (fields === undefined) return undefined;
      taken.push(...fields);
    }
  }
  return taken;
}

function takenBy(operator: string, value: unknown): string[] | undefined {
  switch (operator) {
    case '$unset':
      // In a pipeline a name or a list of them, else an object.
      return typeof value === 'string'
        ? [value]
        : Array.isArray(value)
          ? value.map(String)
          : Object.keys(Object(value));
    case '$rename':
      return Object.keys(Object(value));
    case '$set':
    case '$addFields':
      return pathsWith(value, (one) => one === '$$REMOVE');
    case '$project': {
      const excluded = pathsWith(value, (one) => one === 0 || one === false);
      return excluded.length === 0 || hasIncluded(value) ? undefined : excluded;
    }
    case '$replaceWith':
    case '$replaceRoot':
      return undefined;
    default:
      return [];
  }
}

const hasIncluded = (projection: unknown) =>
  Object.entries(Object(projection)).some(([field, one]) => field !== '_id' && one !== 0 && one !== false);

/** Paths of an object whose values are such. */
const pathsWith = (value: unknown, isSuch: (one: unknown) => boolean): string[] =>
  Object.entries(Object(value)).flatMap(([field, one]) => (isSuch(one) ? [field] : []));
