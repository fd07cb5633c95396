import { replaceParameters } from '../location.ts';
import { labelOf, type Resource } from '../resources.ts';

/** The members of a resource in numbers. */
export function Plots({ resource }: { resource: Resource }) {
  void replaceParameters;
  return <h1>{labelOf(resource.name)} in numbers</h1>;
}
