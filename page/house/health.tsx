import { answered, client } from '../client.ts';
import { Refusal } from '../problem.ts';
import { Part } from '../part.tsx';
import { useReading } from '../reading.ts';

const EVERY_MS = 5000;

/** Whether something is well, and what else there is to say of it. */
interface Verdict {
  isWell: boolean;
  text: string;
  /** What is wrong, one by one. */
  details: readonly string[];
}

/** What the API says of itself. A refusal is an answer to the question, not a failure. */
async function judged(asked: Promise<Verdict>): Promise<Verdict> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { isWell: false, text: error.message, details: error.flaws.map(({ detail }) => detail) };
  }
}

async function readHealth(signal: AbortSignal) {
  const [database, shape] = await Promise.all([
    judged(answered(client.GET('/health', { signal })).then(() => well('The database answers.'))),
    judged(answered(client.GET('/health/ready', { signal })).then(({ data }) => shapeOf(data))),
  ]);
  return { database, shape };
}

const well = (text: string): Verdict => ({ isWell: true, text, details: [] });

function shapeOf({ pending, ahead }: { pending: readonly string[]; ahead: readonly string[] }): Verdict {
  if (pending.length === 0 && ahead.length === 0) return well('This version is ready: nothing is pending.');
  const texts = [
    pending.length > 0 && 'It works, but migrations are pending: run npx migrate-mongo up.',
    ahead.length > 0 && 'The database has migrations that this version does not know: run the version that knows them.',
  ];
  return { isWell: false, text: texts.filter((text) => text !== false).join(' '), details: [...pending, ...ahead] };
}

/** Whether the API and its database answer, and whether they fit. */
export function Health() {
  const reading = useReading(readHealth, EVERY_MS);
  return (
    <Part id="health" title="Health" reading={reading}>
      {({ database, shape }) => (
        <ul class="plain">
          {[database, shape].map((verdict) => (
            <Said key={verdict.text} {...verdict} />
          ))}
        </ul>
      )}
    </Part>
  );
}

function Said({ isWell, text, details }: Verdict) {
  return (
    <li>
      <span class={`state ${isWell ? 'good' : 'bad'}`}>{text}</span>
      {details.length > 0 && (
        <ul>
          {details.map((detail) => (
            <li key={detail}>{detail}</li>
          ))}
        </ul>
      )}
    </li>
  );
}
