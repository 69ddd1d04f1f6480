const ADJECTIVES =
  "amber bold brave bright brisk calm clear clever cosy crisp daring deep eager early fair fleet gentle glad golden grand happy hardy keen kind light lively lucky mellow merry mild noble proud quick quiet rapid silent sunny swift warm wise".split(
    " ",
  );
const NOUNS =
  "badger bear beaver bison crane crow deer dove eagle elk falcon finch fox hare hawk heron ibis jay koala lark lemur lion lynx marten mole moose newt otter owl panda puma raven robin seal stork swan tiger toad wolf wren".split(
    " ",
  );

/**
 * A name for a peer that gave none, such as `brave-fox-42`: 40 × 40 × 99 of them, always the same for one fingerprint.
 *
 * @param fingerprint  64 hexadecimal characters.
 */
export function autoAlias(fingerprint: string): string {
  const part = (at: number): number => Number.parseInt(fingerprint.slice(at, at + 8), 16);
  const adjective = ADJECTIVES[part(0) % ADJECTIVES.length];
  const noun = NOUNS[part(8) % NOUNS.length];
  const number = (part(16) % 99) + 1;
  return `${adjective}-${noun}-${String(number).padStart(2, "0")}`;
}
