import { useEffect, useState } from 'preact/hooks';
import { answered, client, type Member as Fields } from '../client.ts';
import { wordsOf } from '../problem.ts';
import type { Resource } from '../resources.ts';

/** One member: its form, its history. @param id undefined for a new one */
export function Member({ resource, id }: { resource: Resource; id: string | undefined }) {
  const [member, setMember] = useState<Fields>();
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    if (id === undefined) return;
    answered(client.GET(`${resource.path}/{id}`, { params: { path: { id } } })).then(
      ({ data }) => setMember(data),
      (error: unknown) => setFailure(wordsOf(error)),
    );
  }, [resource, id]);
  return (
    <>
      <h1>{id === undefined ? `New ${resource.memberName.toLowerCase()}` : String(member?.['title'] ?? id)}</h1>
      {failure !== undefined && <p class="failed">{failure}</p>}
    </>
  );
}
