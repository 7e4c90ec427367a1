/**
 * What requests, answers and events carry: plain data, bytes, Date, Map, Set, bigint, typed arrays. Untyped, as
 * the untyped API has it: who sends and who receives agree on more.
 */
export type Data = any
