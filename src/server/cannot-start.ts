/** The server cannot begin to listen, for a reason that the person at the keyboard can mend: a port, an address, a file. */
export class CannotStart extends Error {
  override readonly name = "CannotStart";
}
