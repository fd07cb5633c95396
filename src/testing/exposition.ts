/** A sample of Prometheus's text format. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Samples by the name of their metric, which histograms share. */
export type Exposition = Map<string, { type: string; samples: Sample[] }>;

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy;
const SUFFIXES: Readonly<Record<string, RegExp>> = { histogram: /_(bucket|sum|count)$/, summary: /_(sum|count)$/ };

/**
 * Reads Prometheus's text format 0.0.4 strictly: each metric has its help and its type before its samples, which come together
 * and only once each; the buckets of a histogram grow, and the last one has all.
 * @throws {Error} if the text breaks a rule
 */
export function parseExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('the last line has no line feed');
  const metrics: Exposition = new Map();
  const seen = new Set<string>();
  let current = '';
  let helped = '';
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === 'HELP') helped = name;
    else if (kind === 'TYPE') {
      if (helped !== name || metrics.has(name)) throw new Error(`${line}: not behind its help, or for the second time`);
      metrics.set((current = name), { type: rest, samples: [] });
    } else if (line !== '') {
      const sample = parseSample(line);
      const metric = metrics.get(current);
      const suffix = SUFFIXES[metric?.type ?? ''] ?? /$/;
      if (!metric || sample.name.replace(suffix, '') !== current) throw new Error(`${line}: is not of ${current}`);
      const key = line.slice(0, line.lastIndexOf(' '));
      if (seen.has(key)) throw new Error(`${key} is there twice`);
      seen.add(key);
      metric.samples.push(sample);
    }
  }
  for (const [name, { type, samples }] of metrics) if (type === 'histogram') requireCumulative(name, samples);
  return metrics;
}

function parseSample(line: string): Sample {
  const [, name = '', inner = '', number = ''] = LINE.exec(line) ?? [];
  const labels = [...inner.matchAll(LABEL)];
  const value = number === '+Inf' ? Infinity : Number(number);
  const isNaN = /^nan$/i.test(number); // prom-client writes Nan, which Prometheus reads as well
  const isWhole = labels.map(([text]) => text).join('') === inner;
  if (name === '' || !isWhole || (Number.isNaN(value) && !isNaN)) throw new Error(`${line}: is no sample`);
  return { name, labels: Object.fromEntries(labels.map(([, label, text]) => [label, text])), value };
}

function requireCumulative(name: string, samples: readonly Sample[]): void {
  const last = new Map<string, number>();
  const keyOf = ({ labels: { le: _le, ...others } }: Sample) => JSON.stringify(others);
  for (const sample of samples) {
    const before = last.get(keyOf(sample)) ?? 0;
    if (sample.name === `${name}_bucket`) {
      if (sample.value < before) throw new Error(`the buckets of ${name} shrink`);
      last.set(keyOf(sample), sample.value);
    } else if (sample.name === `${name}_count` && sample.value !== before)
      throw new Error(`the last bucket of ${name} does not have all`);
  }
}
