/**
 * Whether two texts are equal, in a time that depends on the length of `given` alone: for secrets, whose right
 * beginning must not be told by how long the comparison took.
 */
export function sameText(given: string, secret: string): boolean {
  let difference = given.length ^ secret.length;
  for (let at = 0; at < given.length; at++) {
    difference |= given.charCodeAt(at) ^ secret.charCodeAt(at % Math.max(1, secret.length));
  }
  return difference === 0;
}
