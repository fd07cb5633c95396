import { Counter, Gauge, type Registry } from 'prom-client';

/** The values of a metric, by the value of its label. */
type Values = Iterable<readonly [string, number]>;

interface Described {
  name: string;
  help: string;
}

/** Adds a metric that something else counts already: it is read when somebody asks. */
export function addGauge(registry: Registry, described: Described, read: () => number): void {
  registry.registerMetric(
    new Gauge({
      ...described,
      registers: [],
      collect() {
        this.set(read());
      },
    }),
  );
}

/** The same with a label. */
export function addLabelledGauge(registry: Registry, described: Described, label: string, read: () => Values): void {
  registry.registerMetric(
    new Gauge({
      ...described,
      labelNames: [label],
      registers: [],
      collect() {
        for (const [value, number] of read()) this.set({ [label]: value }, number);
      },
    }),
  );
}

/** The same for what only grows. */
export function addCounter(registry: Registry, described: Described, label: string, read: () => Values): void {
  registry.registerMetric(
    new Counter({
      ...described,
      labelNames: [label],
      registers: [],
      collect() {
        this.reset();
        for (const [value, number] of read()) this.inc({ [label]: value }, number);
      },
    }),
  );
}
