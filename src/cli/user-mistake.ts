/** Something the person at the keyboard can mend. Shown without a stack; the exit code is 2. */
export class UserMistake extends Error {
  override readonly name = "UserMistake";
}
