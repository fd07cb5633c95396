import { Double, Long, type Document } from 'mongodb';
import { isPlainObject } from '../../document.ts';
import { isRequired, propertiesOf, typesOf } from './shape.ts';

/** A default in the BSON type that the field's schema asks for: the driver stores a whole number as an int. */
export function stored(schema: Document, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => stored(schema['items'] ?? {}, item));
  if (isPlainObject(value)) {
    const properties = propertiesOf(schema);
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, stored(properties[name] ?? {}, inner)]),
    );
  }
  const types = typesOf(schema, true);
  return types === undefined ? value : storedAs(types, value);
}

/** The same for a field whose types alone are known. */
export function storedAs(types: readonly string[], value: unknown): unknown {
  if (typeof value !== 'number' || types.includes('int')) return value;
  if (types.includes('double')) return new Double(value);
  return types.includes('long') ? Long.fromNumber(value) : value;
}

/**
 * The part of a new field's value that only the developer can know, as the end of its path: `''` for the whole value,
 * `.size` for a field in it; `undefined` if there is no such part. The value of a default that is a function is
 * unknown.
 */
export function unknownPart(schema: Document, value: unknown, required: boolean): string | undefined {
  if (typeof value === 'function' || (value === undefined && required)) return '';
  if (!isPlainObject(value)) return undefined;
  for (const [name, inner] of Object.entries(propertiesOf(schema))) {
    const lacking = unknownPart(inner, value[name], isRequired(schema, name));
    if (lacking !== undefined) return `.${name}${lacking}`;
  }
  return undefined;
}
