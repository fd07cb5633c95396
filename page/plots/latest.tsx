import { useCallback } from 'preact/hooks';
import { answered, client, type Member } from '../client.ts';
import { Part } from '../part.tsx';
import { useReading } from '../reading.ts';
import type { Field, Resource } from '../resources.ts';
import { valueText } from '../value-text.ts';
import { NumbersTable } from './numbers-table.tsx';
import { Plot } from './plot.tsx';

/** More would not be read. */
const MOST = 50;
const TIMES = ['y'] as const;

/** The members with the latest times, the latest first. */
export function LatestPlot({
  resource,
  field,
  filters,
}: {
  resource: Resource;
  field: Field;
  filters: URLSearchParams;
}) {
  const { name, label } = field;
  const member = resource.memberName.toLowerCase();
  const read = useCallback(
    async (signal: AbortSignal): Promise<readonly Member[]> => {
      const query = new URLSearchParams([...filters, ['sort', `-${name}`], ['limit', String(MOST)]]);
      const { data } = await answered(client.GET(resource.path, { querySerializer: () => query.toString(), signal }));
      const members: readonly Member[] = Array.isArray(data) ? data : [];
      return members.filter((member) => member[name] != null);
    },
    [resource, name, filters],
  );
  const title = `${label}: by ${member}`;
  return (
    <Part id={`latest-${name}`} title={title} reading={useReading(read)}>
      {(members) => (
        <>
          <p>
            The {member}s with the latest times, at most {MOST}.
          </p>
          <div class="with-table">
            <Plot
              label={title}
              shape="dots"
              times={TIMES}
              x={members.map((_member, place) => place + 1)}
              y={members.map((member) => Date.parse(String(member[name])) / 1000)}
            />
            <NumbersTable
              label={`${title}, as a table`}
              heads={[resource.memberName, label]}
              rows={members.map((member, place) => [
                `${place + 1}. ${nameOf(resource, member)}`,
                valueText(field, member[name]),
              ])}
            />
          </div>
        </>
      )}
    </Part>
  );
}

/** What people call a member: its first text. */
function nameOf({ fields }: Resource, member: Member): string {
  const first = fields.find(({ kind }) => kind === 'text');
  return String((first && member[first.name]) ?? member.id);
}
