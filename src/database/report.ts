/** Tells the operator one line. */
export type Report = (line: string) => void;
