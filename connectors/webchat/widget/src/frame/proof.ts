/** Work that a new visitor proves when many come from one address: cheap once, dear a hundred thousand times. */

const BATCH = 256;

/** A nonce that makes SHA-256(challenge + "." + nonce) begin with `bits` zero bits. Needs a secure page. */
export async function solve(challenge: string, bits: number): Promise<string> {
  for (let start = 0; ; start += BATCH) {
    const tries = Array.from({ length: BATCH }, (_, i) => String(start + i));
    const found = await Promise.all(tries.map((nonce) => zeroBits(`${challenge}.${nonce}`)));
    const place = found.findIndex((zeros) => zeros >= bits);
    if (place >= 0) return tries[place] ?? "";
  }
}

async function zeroBits(text: string): Promise<number> {
  const digest = new DataView(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Math.clz32(digest.getUint32(0));
}
