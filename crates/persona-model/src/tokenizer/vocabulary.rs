//! Vocabulary: the bytes or the control token that each id stands for.

use std::collections::HashMap;

use super::{byte_level::byte_of, layout::AddedToken};

/// Ids may leave gaps, but are not larger than this: the largest vocabularies have a few hundred thousand tokens, and a place is
/// kept for every id.
const ID_MAX: u32 = 1 << 22;

/// Bytes of every id, one after the other.
pub(super) struct Vocabulary {
    bytes: Vec<u8>,
    /// Start of every id's bytes: `bytes[starts[id]..starts[id + 1]]` belongs to `id`.
    starts: Vec<u32>,
    added_ids: Vec<u32>,
}

impl Vocabulary {
    pub(super) fn new(base: HashMap<String, u32>, added: &[AddedToken]) -> Result<Self, String> {
        let mut tokens: Vec<(u32, Vec<u8>)> = base
            .into_iter()
            .map(|(token, id)| Ok((id, bytes_of(&token, id)?)))
            .collect::<Result<_, String>>()?;
        let seen_bytes = tokens.iter().filter(|(_, bytes)| bytes.len() == 1).count();
        if seen_bytes < 256 {
            return Err(format!(
                "the vocabulary has {seen_bytes} single bytes, expected all 256 of a byte-level tokenizer"
            ));
        }
        tokens.extend(added.iter().map(|token| {
            let text = if token.is_control() {
                ""
            } else {
                &token.content
            };
            (token.id, text.as_bytes().to_vec())
        }));
        tokens.sort_unstable();
        if let Some((id, _)) = tokens.last().filter(|(id, _)| *id > ID_MAX) {
            return Err(format!("found the id {id}, expected at most {ID_MAX}"));
        }
        if let Some(twice) = tokens.windows(2).find(|two| two[0].0 == two[1].0) {
            return Err(format!("id {} stands for two tokens", twice[0].0));
        }
        let mut added_ids: Vec<u32> = added.iter().map(|token| token.id).collect();
        added_ids.sort_unstable();
        Ok(Self::packed(&tokens, added_ids))
    }

    fn packed(tokens: &[(u32, Vec<u8>)], added_ids: Vec<u32>) -> Self {
        let mut bytes = Vec::new();
        let mut starts = vec![0];
        for (id, token) in tokens {
            // Ids without a token stay empty.
            starts.resize(*id as usize + 1, bytes.len() as u32);
            bytes.extend_from_slice(token);
            starts.push(bytes.len() as u32);
        }
        Self {
            bytes,
            starts,
            added_ids,
        }
    }

    pub(super) fn bytes(&self, id: u32) -> &[u8] {
        match self.starts.get(id as usize..id as usize + 2) {
            Some(ends) => &self.bytes[ends[0] as usize..ends[1] as usize],
            None => &[],
        }
    }

    pub(super) fn added_ids(&self) -> &[u32] {
        &self.added_ids
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }
}

fn bytes_of(token: &str, id: u32) -> Result<Vec<u8>, String> {
    token.chars().map(byte_of).collect::<Option<_>>().ok_or_else(|| {
        format!("token {id} `{token}` is not written in the byte-level alphabet; only byte-level BPE is supported")
    })
}
