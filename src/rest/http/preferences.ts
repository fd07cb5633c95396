/**
 * The preferences of a `Prefer` header (RFC 7240, section 2), by their names in lower case.
 * A preference without a value has an empty value. If one is repeated, the first counts.
 */
export function readPreferences(header: string | string[] | undefined): ReadonlyMap<string, string> {
  const preferences = new Map<string, string>();
  if (header === undefined) return preferences;
  for (const [, name = '', quoted, token = ''] of [header].flat().join(',').matchAll(PREFERENCE)) {
    const key = name.toLowerCase();
    if (!preferences.has(key)) preferences.set(key, quoted ?? token);
  }
  return preferences;
}

/** A preference, its value, and its parameters, which are ignored. */
const PREFERENCE =
  /(?:^|,)\s*([\w!#$%&'*+.^`|~-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?[^,"]*(?:"(?:[^"\\]|\\.)*"[^,"]*)*/g;
