import type { Flaw } from '../problem.ts';
import type { Field, Resource } from '../resources.ts';
import { Control } from './control.tsx';
import { type Path, type Values } from './values.ts';
import { fieldAt, textAt } from './words.ts';

interface Properties {
  resource: Resource;
  values: Values;
  flaws: readonly Flaw[];
  /** The names of fields that somebody else has just changed. */
  news?: readonly string[];
  isDisabled: boolean;
  onChange: (path: Path, value: unknown) => void;
}

/** The controls of all fields that clients can change. */
export function Fields({ resource, values, flaws, news = [], isDisabled, onChange }: Properties) {
  return resource.fields
    .filter(({ isReadOnly }) => !isReadOnly)
    .map((field) => (
      <Control
        key={field.name}
        field={field}
        path={[field.name]}
        value={values[field.name]}
        flaws={flaws}
        news={news.includes(field.name) ? 'Somebody else has just changed this.' : undefined}
        isDisabled={isDisabled}
        onChange={onChange}
      />
    ));
}

/** What is wrong with no field that has a control, in words. */
export const otherFlaws = ({ fields }: Resource, flaws: readonly Flaw[]): string[] =>
  flaws
    .filter(({ pointer }) => !hasControl(fields, pointer))
    .map(({ pointer, parameter, header, detail }) => `${pointer ?? parameter ?? header ?? ''} ${detail}`.trim());

function hasControl(fields: readonly Field[], pointer = ''): boolean {
  const path = pointer.split('/').slice(1);
  const field = fieldAt(fields, path.slice(0, 1));
  if (!field || field.isReadOnly) return false;
  return field.schema.properties === undefined || path.length === 1 || fieldAt(fields, path.slice(0, 2)) !== undefined;
}

/** The fields as they are, for reading. @param of which fields */
export function ReadFields({
  resource,
  values,
  of = () => true,
}: {
  resource: Resource;
  values: Values;
  of?: (field: Field) => boolean;
}) {
  return (
    <dl class="fields">
      {resource.fields.filter(of).map(({ name, label }) => (
        <div key={name}>
          <dt>{label}</dt>
          <dd>{textAt(resource, [name], values[name])}</dd>
        </div>
      ))}
    </dl>
  );
}
