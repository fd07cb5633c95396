import type { Charged } from './http/trace.ts';
import type { Resource } from './resource-description.ts';

/** Where the options are among the arguments of a collection's methods. */
const OPTIONS_AT: ReadonlyMap<string | symbol, number> = new Map([
  ...['find', 'findOne', 'findOneAndDelete', 'aggregate', 'countDocuments'].map((name) => [name, 1] as const),
  ...['insertOne', 'insertMany', 'bulkWrite', 'deleteOne', 'deleteMany'].map((name) => [name, 1] as const),
  ...['updateOne', 'updateMany', 'findOneAndUpdate'].map((name) => [name, 2] as const),
  ['estimatedDocumentCount', 0],
]);

/** A collection whose commands are charged to a request, unless they say that they are made for something else. */
export function chargedCollection<Stored extends object>(collection: Stored, charged: Charged | undefined): Stored {
  if (!charged) return collection;
  return new Proxy(collection, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      const at = OPTIONS_AT.get(name);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => {
        if (at !== undefined) given[at] = { comment: charged, ...Object(given[at]) };
        return Reflect.apply(value, target, given);
      };
    },
  });
}

/** A resource as one request sees it: what it makes the database do is charged to the request. */
export const chargedTo = (resource: Resource, { trace }: { trace?: Charged | undefined }): Resource =>
  trace ? { ...resource, charged: trace, collection: chargedCollection(resource.collection, trace) } : resource;
