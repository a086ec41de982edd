/** Parts of the driver that it exports and its types do not know. */
declare module 'pg/lib/utils.js' {
  const utils: {
    /** A value as the wire has it: text, bytes or null. */
    prepareValue(value: unknown): string | Buffer | null;
  };
  export default utils;
}
