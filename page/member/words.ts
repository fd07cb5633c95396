import type { Member } from '../client.ts';
import { labelOf, partsOf, type Field, type Resource } from '../resources.ts';
import { valueText } from '../value-text.ts';
import { isObject, type Path, type Values } from './values.ts';

/** Whether the value at a path can be changed by clients. */
export const isEditable = ({ fields }: Resource, [name]: Path): boolean =>
  fields.some((field) => field.name === name && !field.isReadOnly);

/** A state whose fields that clients can change are those of another one. */
export const withEditable = ({ fields }: Resource, state: Values, other: Values): Values => ({
  ...Object.fromEntries(fields.filter(({ isReadOnly }) => isReadOnly).map(({ name }) => [name, state[name]])),
  ...Object.fromEntries(
    fields.flatMap(({ name, isReadOnly }) => (isReadOnly || other[name] === undefined ? [] : [[name, other[name]]])),
  ),
});

/** The field at a path, if the resource has it. */
export function fieldAt(fields: readonly Field[], [name, ...rest]: Path): Field | undefined {
  const field = fields.find((one) => one.name === name);
  return field && rest.length > 0 ? fieldAt(partsOf(field), rest) : field;
}

/** The name of the value at a path for people: `Size › Radius`. */
export const labelAt = (path: Path): string => path.map(labelOf).join(' › ');

/** The value at a path for people. */
export function textAt({ fields }: Resource, path: Path, value: unknown): string {
  if (value === undefined || value === null) return 'none';
  if (value === '') return 'empty';
  return valueText(fieldAt(fields, path) ?? { kind: 'structure' }, value);
}

/** Two values at a path for people. If they look the same, they are told as they are. */
export function textsAt(resource: Resource, path: Path, before: unknown, after: unknown): [string, string] {
  const texts: [string, string] = [textAt(resource, path, before), textAt(resource, path, after)];
  return texts[0] === texts[1] ? [JSON.stringify(before) ?? 'none', JSON.stringify(after) ?? 'none'] : texts;
}

/** The paths of all values of members, those in objects one by one. @param states members; their objects say what is in them */
export function pathsOf(fields: readonly Field[], states: readonly Values[], above: Path = []): Path[] {
  return fields.flatMap((field) => {
    const path = [...above, field.name];
    const inside = states.map((state) => state[field.name]).filter(isObject);
    const parts = partsOf(field);
    return parts.length > 0 && inside.length > 0 ? pathsOf(parts, inside, path) : [path];
  });
}

/** What a member is called: the first text that each one has, or its id. */
export function nameOf({ fields }: Resource, member: Member): string {
  const field = fields.find(({ kind, isRequired }) => kind === 'text' && isRequired);
  const name = field && member[field.name];
  return typeof name === 'string' && name !== '' ? name : member.id;
}
