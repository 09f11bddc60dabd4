//! Damage as a fuzzer does it, but with a seed.

use rand::{Rng, RngCore, seq::IndexedRandom};

/// What parsers trip over.
const TOKENS: [&[u8]; 24] = [
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"true",
    b"0",
    b"-1",
    b"1e999",
    b"0.1",
    b"9223372036854775807",
    b"9223372036854775808",
    b"18446744073709551616",
    b"\\ud800",
    b"\\",
    b"\n-----\n",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\0",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\0\0\0\0\x01\0\0\0",
];

/// `original` with one to four pieces of damage; `other` is another file to take pieces from.
pub(crate) fn mutated(original: &[u8], other: &[u8], random: &mut impl RngCore) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..random.random_range(1..=4) {
        damage(&mut bytes, other, random);
    }
    bytes
}

fn damage(bytes: &mut Vec<u8>, other: &[u8], random: &mut impl RngCore) {
    let here = range(bytes.len(), random);
    match random.random_range(0..8) {
        0 if !here.is_empty() => bytes[here.start] ^= 1 << random.random_range(0..8),
        1 if !here.is_empty() => bytes[here.start] = random.random(),
        2 => drop(bytes.drain(here)),
        3 => {
            let again = bytes[here.clone()].to_vec();
            bytes.splice(here.end..here.end, again);
        }
        4 => {
            let token = TOKENS.choose(random).unwrap_or(&TOKENS[0]);
            bytes.splice(here.start..here.start, token.iter().copied());
        }
        5 => {
            let token = TOKENS.choose(random).unwrap_or(&TOKENS[0]);
            bytes.splice(here, token.iter().copied());
        }
        6 => {
            let piece = other[range(other.len(), random)].to_vec();
            bytes.splice(here.start..here.start, piece);
        }
        _ => bytes.truncate(here.start),
    }
}

/// A part of `length` bytes; short ones more often than long ones.
fn range(length: usize, random: &mut impl RngCore) -> std::ops::Range<usize> {
    let start = random.random_range(0..=length);
    let longest = [1, 8, 64, 512][random.random_range(0..4)];
    start..(start + random.random_range(0..=longest)).min(length)
}
