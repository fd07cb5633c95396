/** What the server says of its resources in the page itself; `src/pages/described-resources.ts` makes it. */

/** The part of JSON Schema that the API's descriptions use. */
export interface Schema {
  title?: string;
  type?: string | readonly string[];
  format?: string;
  description?: string;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  items?: Schema;
  enum?: readonly unknown[];
  default?: unknown;
  examples?: readonly unknown[];
  readOnly?: boolean;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
}

/** The paths of all resources have the same operations, so the types of one of them stand for all. */
type ResourcePath = '/engines';

/** How a field is shown, entered and filtered. */
type Kind = 'id' | 'text' | 'integer' | 'number' | 'boolean' | 'time' | 'choice' | 'structure';

/** A field of a resource's members. */
export interface Field {
  name: string;
  /** The name for people: `Last fired`. */
  label: string;
  kind: Kind;
  schema: Schema;
  isNullable: boolean;
  /** Whether the server alone sets it. */
  isReadOnly: boolean;
  /** Whether a new member must have it. */
  isRequired: boolean;
  /** Whether a member can be without it. */
  isOptional: boolean;
  /** What the API's filters of this field are called: `gte`. */
  operators: readonly string[];
}

/** What lists are filtered and sorted by: a field, or a part of one, such as `site.code`. */
export type Attribute = Pick<Field, 'name' | 'label' | 'kind' | 'schema' | 'operators'>;

/** A collection of the API. */
export interface Resource {
  path: ResourcePath;
  /** The name of the collection, as in its path: `engines`. */
  name: string;
  /** The name of a member: `Engine`. */
  memberName: string;
  description: string;
  fields: readonly Field[];
  attributes: readonly Attribute[];
  isSearchable: boolean;
  hasHistory: boolean;
}

interface Described {
  path: ResourcePath;
  name: string;
  description: string;
  member: Schema;
  create: Schema;
  parameters: readonly string[];
  hasHistory: boolean;
}

/** `lastFired` as people write it: `Last fired`. */
export const labelOf = (name: string): string => {
  const words = name
    .replaceAll(/[._]/g, ' ')
    .replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, ' ')
    .toLowerCase();
  return words === 'id' ? 'Id' : words.charAt(0).toUpperCase() + words.slice(1);
};

function kindOf(name: string, { type, format, enum: values }: Schema): Kind {
  if (name === 'id') return 'id';
  if (values) return 'choice';
  const types = [type ?? []].flat().filter((one) => one !== 'null');
  const [only] = types;
  if (types.length !== 1) return 'structure';
  if (only === 'integer' || only === 'number' || only === 'boolean') return only;
  if (only === 'string') return format === 'date-time' ? 'time' : 'text';
  return 'structure';
}

function toField(
  name: string,
  schema: Schema,
  { create, member, parameters }: Pick<Described, 'create' | 'member' | 'parameters'>,
): Field {
  return {
    name,
    label: labelOf(name),
    kind: kindOf(name, schema),
    schema: create.properties?.[name] ?? schema,
    isNullable: [schema.type].flat().includes('null'),
    isReadOnly: schema.readOnly === true,
    isRequired: create.required?.includes(name) === true,
    isOptional: member.required?.includes(name) !== true && schema.default === undefined,
    operators: operatorsOf(name, parameters),
  };
}

const operatorsOf = (name: string, parameters: readonly string[]): string[] =>
  parameters.flatMap((parameter) => {
    const [, field, operator = ''] = /^(.+)\[(\w+)\]$/.exec(parameter) ?? [];
    return field === name ? [operator] : [];
  });

function toAttribute(name: string, { member, parameters }: Described): Attribute {
  const schema = name.split('.').reduce<Schema>((outer, part) => outer.properties?.[part] ?? {}, member);
  return { name, label: labelOf(name), kind: kindOf(name, schema), schema, operators: operatorsOf(name, parameters) };
}

/** The fields of an object that is the value of a field; none for other kinds of field. */
export const partsOf = ({ schema }: Pick<Field, 'schema'>): Field[] =>
  Object.entries(schema.properties ?? {}).map(([name, part]) =>
    toField(name, part, { create: schema, member: schema, parameters: [] }),
  );

function toResource(described: Described): Resource {
  const { path, name, description, member, parameters, hasHistory } = described;
  return {
    path,
    name: path.slice(1),
    memberName: name,
    description,
    fields: Object.entries(member.properties ?? {}).map(([field, schema]) => toField(field, schema, described)),
    attributes: parameters
      .filter((parameter) => parameters.includes(`${parameter}[eq]`))
      .map((name) => toAttribute(name, described)),
    isSearchable: parameters.includes('q'),
    hasHistory,
  };
}

function readResources(): Resource[] {
  const described: Described[] = JSON.parse(document.querySelector('#resources')?.textContent ?? '[]');
  return described.map(toResource);
}

/** All resources, in the order of the API. */
export const resources: readonly Resource[] = readResources();
