/** The line makes no sense: exit code 2. */
export class UsageError extends Error {}

/** The line makes sense, but what it asks for cannot be done: exit code 1. */
export class CommandFailed extends Error {}
