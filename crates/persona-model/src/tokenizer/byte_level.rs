//! Byte-level alphabet: each byte is written as one visible character, so that a vocabulary is a list of strings.

/// Byte that `character` stands for.
///
/// Visible Latin-1 characters stand for themselves; the other bytes, in order, are written from U+0100 on.
pub(super) fn byte_of(character: char) -> Option<u8> {
    let byte = match u32::from(character) {
        code @ (0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF) => code,
        code @ 0x100..=0x120 => code - 0x100,
        code @ 0x121..=0x142 => code - 0x121 + 0x7F,
        0x143 => 0xAD,
        _ => return None,
    };
    u8::try_from(byte).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tokenizers::pre_tokenizers::byte_level::ByteLevel;

    use super::byte_of;

    #[test]
    fn the_alphabet_stands_for_every_byte_once() {
        let alphabet = ByteLevel::alphabet();
        let bytes: BTreeSet<u8> = alphabet.iter().filter_map(|c| byte_of(*c)).collect();
        assert_eq!((alphabet.len(), bytes.len()), (256, 256));
    }

    #[test]
    fn known_characters() {
        let cases = [
            ('a', Some(b'a')),
            ('Ġ', Some(b' ')),
            ('Ċ', Some(b'\n')),
            ('Ń', Some(0xAD)),
            ('ġ', Some(0x7F)),
            ('ł', Some(0xA0)),
            (' ', None),
            ('ń', None),
            ('é', Some(0xE9)),
        ];
        for (character, byte) in cases {
            assert_eq!(byte_of(character), byte, "{character:?}");
        }
    }
}
