/** Whose request it is, once the guard knows; of every kind of request that the guard may have seen. */
export const callerIdOf = (request: object): string | undefined =>
  (request as { user?: { id: string } }).user?.id;
