/** The exit code for everything the person at the keyboard can mend: flags, file, environment. */
export const MISTAKE = 2;

/** Something the person at the keyboard can mend. Shown without a stack. */
export class UserMistake extends Error {
  override readonly name = "UserMistake";
  readonly exitCode: number;

  constructor(
    message: string,
    { exitCode = MISTAKE, ...options }: ErrorOptions & { exitCode?: number } = {},
  ) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
