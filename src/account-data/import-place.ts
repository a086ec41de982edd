/** How far an import has come: said to the client, which sends it back with the same file. */
export interface Place {
  /** Of the list of steps. */
  step: number;
  /** Elements of the step's list that are done. */
  done: number;
}

export const BEGINNING: Place = { step: 0, done: 0 };

const TEXT = /^([\w-]{16})\.(\d{1,3})\.(\d{1,9})$/;

/** @param tag names the export: a place in another one means nothing */
export const placeText = (tag: string, { step, done }: Place) => `${tag}.${step}.${done}`;

/** Of another export, or of none: the beginning. To begin anew loses nothing. */
export function placeOf(text: string | undefined, tag: string): Place {
  const [, ofTag, step, done] = TEXT.exec(text ?? '') ?? [];
  return ofTag === tag ? { step: Number(step), done: Number(done) } : BEGINNING;
}
