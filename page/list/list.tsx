import { useEffect, useMemo, useState } from 'preact/hooks';
import { may } from '../caller.ts';
import { addressOf, location } from '../location.ts';
import { labelOf, type Resource } from '../resources.ts';
import { ImportLink } from '../transfer/import-link.tsx';
import { Columns } from './columns.tsx';
import { Export } from './export.tsx';
import { AddFilter, Filters } from './filters.tsx';
import { Mirror } from './mirror.ts';
import { Refused } from './refused.tsx';
import { SearchBox } from './search-box.tsx';
import { Status } from './status.tsx';
import { Table } from './table.tsx';
import { Place } from './window.ts';

/** The members of a resource that meet the filters in the address. */
export function List({ resource }: { resource: Resource }) {
  const label = labelOf(resource.name);
  return (
    <>
      <h1>{label}</h1>
      <div class="tools">
        {resource.isSearchable && <SearchBox label={`Search ${label.toLowerCase()}`} />}
        <AddFilter resource={resource} />
        <Columns resource={resource} />
        <Export resource={resource} />
        {may(`${resource.name}:write`) && (
          <a class="button" href={addressOf([resource.name, 'new'])}>
            New {resource.memberName.toLowerCase()}
          </a>
        )}
        <ImportLink resource={resource} />
      </div>
      <Filters resource={resource} />
      <Found resource={resource} />
    </>
  );
}

/** What the API finds for the address. While it looks, what was found before stays. */
function Found({ resource }: { resource: Resource }) {
  const query = location.value.parameters.toString();
  const at = useMemo(() => new Place(), [query]);
  const [found, setFound] = useState<Mirror>();
  useEffect(() => {
    const { parameters } = location.peek();
    const visible = () => Math.max(at.row, at.last);
    const before = found?.state.peek().rows ?? [];
    const opened = new Mirror({ resource, parameters, visible, before });
    setFound(opened);
    return () => opened.close();
  }, [resource, query]);
  if (!found) return null;
  const { failure, rows, isRead } = found.state.value;
  return (
    <>
      <Status resource={resource} mirror={found} />
      {failure !== undefined && <Refused failure={failure} resource={resource} again={found.tryAgain} />}
      {isRead && rows.length === 0 && failure === undefined && <Nothing resource={resource} />}
      {(isRead || failure === undefined) && rows.length > 0 && <Table resource={resource} mirror={found} at={at} />}
    </>
  );
}

function Nothing({ resource }: { resource: Resource }) {
  const { parameters } = location.value;
  const isNarrowed = [...parameters.keys()].some((name) => !['sort', 'fields', 'limit'].includes(name));
  return (
    <p class="nothing">
      {isNarrowed
        ? 'Nothing matches the search and the filters.'
        : `There are no ${labelOf(resource.name).toLowerCase()} yet.`}
    </p>
  );
}
