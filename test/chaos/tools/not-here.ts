/** What a trial needs is not on this machine; the message says what. */
export class NotHere extends Error {}
