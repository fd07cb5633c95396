/** The targets in a `Link` header (RFC 8288) by their relations. */
export function links(header: string | undefined): Readonly<Record<string, string>> {
  const found = [...(header ?? '').matchAll(/<([^>]*)>; rel="(\w+)"(?:, |$)/g)];
  return Object.fromEntries(found.map(([, target, relation]) => [relation, target]));
}
