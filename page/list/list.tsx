import { useEffect, useState } from 'preact/hooks';
import { answered, client, type Member } from '../client.ts';
import { follow, liveness, type Change } from '../live.ts';
import { addressOf } from '../location.ts';
import { wordsOf } from '../problem.ts';
import { labelOf, type Resource } from '../resources.ts';
import { valueText } from '../value-text.ts';

/** The members of a resource that meet the filters in the address. */
export function List({ resource }: { resource: Resource }) {
  const [members, setMembers] = useState<readonly Member[]>([]);
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    answered(client.GET(resource.path, { params: { query: { limit: 50 } } })).then(
      ({ data }) => setMembers(Array.isArray(data) ? data : []),
      (error: unknown) => setFailure(wordsOf(error)),
    );
    const end = new AbortController();
    follow(resource, new URLSearchParams(), (change) => setMembers((shown) => after(shown, change)), end.signal);
    return () => end.abort();
  }, [resource]);
  return (
    <>
      <h1>{labelOf(resource.name)}</h1>
      {failure !== undefined && <p class="failed">{failure}</p>}
      <p class="quiet">{liveness.value === 'on' ? 'Live' : 'Not live'}</p>
      <table>
        <thead>
          <tr>
            {resource.fields.map(({ name, label }) => (
              <th key={name}>{label}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {members.map((member) => (
            <tr key={member.id}>
              {resource.fields.map((field) => (
                <td key={field.name}>
                  {field.kind === 'id' ? (
                    <a href={addressOf([resource.name, member.id])}>{member.id}</a>
                  ) : (
                    valueText(field, member[field.name])
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** The members as they are after a change. */
function after(members: readonly Member[], change: Change): readonly Member[] {
  if (change.kind !== 'changed') return members;
  return members.map((member) => (member.id === change.member.id ? change.member : member));
}
