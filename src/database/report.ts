/** Prints one line for the operator. */
export type Report = (line: string) => void;
