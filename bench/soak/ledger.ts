/** What a client knows of a write: `done` and `refused` are sure. */
export type Knowledge = 'done' | 'refused' | 'unknown';

/** A write that a client has sent. Each one leaves a number in its engine's thrust that no other write has; a removal does not. */
export interface Write {
  kind: 'set' | 'remove';
  /** The id of the engine; undefined for a creation without an answer. */
  id: string | undefined;
  thrust: number;
  knowledge: Knowledge;
}

/** All writes of all clients, those of one engine in their order. */
export class Ledger {
  readonly writes: Write[] = [];
  /** Requests that were sent again because their outcome was not known. */
  repeated = 0;
  reads = 0;
  #thrust = 0;

  /** A number that no engine had before. */
  nextThrust(): number {
    return (this.#thrust += 1);
  }

  note(write: Write): void {
    this.writes.push(write);
  }

  summary(): string {
    const count = (knowledge: Knowledge) => this.writes.filter((write) => write.knowledge === knowledge).length;
    return (
      `${this.writes.length} writes: ${count('done')} acknowledged, ${count('refused')} refused, ${count('unknown')} without ` +
      `an answer; ${this.repeated} repetitions; ${this.reads} reads`
    );
  }
}
