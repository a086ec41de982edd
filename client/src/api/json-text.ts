/** U+0000 is in no text that the portal takes. */
const MARK = '\u0000-0';
const MARK_IN_JSON = JSON.stringify(MARK);

/** As JSON.stringify, which writes -0 as 0: the sign of a sensor's reading must not be lost. */
export const jsonWithSigns = (body: unknown): string =>
  JSON.stringify(body, (_, value: unknown) => (Object.is(value, -0) ? MARK : value)).replaceAll(
    MARK_IN_JSON,
    '-0',
  );
