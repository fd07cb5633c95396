import type { Document } from 'mongodb';
import { compileJsonText, shownPart, TOKENS, type Field, type JsonSchema, type WriteJson } from '../../schema/index.ts';
import type { Resource } from '../resource-description.ts';
import type { SortKey } from './sorts.ts';

/** What is read of each document, and how it is written. */
export interface Selection {
  /** The fields that are shown. */
  fields: readonly Field[];
  projection?: Document;
  write: WriteJson;
}

/** The `fields` parameter, and the reader of its value. */
export function compileSelections({ fields, write }: Pick<Resource, 'fields' | 'write'>) {
  const names = ['id', ...namesOf(fields)];
  const parameter: JsonSchema = {
    type: 'array',
    items: { type: 'string', enum: names },
    minItems: 1,
    maxItems: names.length,
    uniqueItems: true,
    description:
      'The fields to show: repeat the parameter, or separate them by commas. The id is always shown. Without this ' +
      'parameter all fields are shown',
  };
  const all: Selection = { ...shownPart(fields), fields, write };
  return {
    parameter,
    /**
     * @param keys sort keys, which are also read from the database, for the cursors
     * @param isRanked whether the search tokens are read as well, which show the rank of a document
     */
    read(names: unknown, keys: readonly SortKey[], isRanked: boolean): Selection {
      if (!Array.isArray(names)) return isRanked ? { fields, write } : all;
      const chosen = new Set(names.map(String));
      const shown = pick(fields, chosen);
      const paths = new Set([...chosen, ...keys.map(({ path }) => path)]);
      paths.delete('id');
      // MongoDB refuses a path together with one above it.
      const outer = [...paths].filter((path) => !ancestors(path).some((above) => paths.has(above)));
      return {
        fields: shown,
        projection: {
          _id: 1,
          ...Object.fromEntries([...outer, ...(isRanked ? [TOKENS] : [])].map((path) => [path, 1])),
        },
        write: compileJsonText(shown),
      };
    },
  };
}

const namesOf = (fields: readonly Field[], prefix = ''): string[] =>
  fields.flatMap((field) => [prefix + field.name, ...namesOf(field.fields, `${prefix}${field.name}.`)]);

function pick(fields: readonly Field[], chosen: ReadonlySet<string>, prefix = ''): Field[] {
  return fields.flatMap((field) => {
    const path = prefix + field.name;
    if (chosen.has(path)) return [field];
    const inner = pick(field.fields, chosen, `${path}.`);
    return inner.length > 0 ? [{ ...field, fields: inner }] : [];
  });
}

const ancestors = (path: string): string[] => [...path.matchAll(/\./g)].map(({ index }) => path.slice(0, index));
