/** What we use of a package that brings no types. */
declare module 'fs-native-extensions' {
  /** Takes the system's lock on an open file, unless another open file of it has that. Ends with the file. */
  export function tryLock(fd: number): boolean
}
