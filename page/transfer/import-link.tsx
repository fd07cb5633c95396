import { may } from '../caller.ts';
import { addressOf } from '../location.ts';
import type { Resource } from '../resources.ts';

/** Whether the person may import members. */
export const mayImport = ({ name }: Resource): boolean => may(`${name}:write`);

/** The way to the import, for who may do it. */
export function ImportLink({ resource }: { resource: Resource }) {
  return mayImport(resource) ? (
    <a class="button" href={addressOf([resource.name, 'import'])}>
      Import
    </a>
  ) : null;
}
