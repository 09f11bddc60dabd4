//! KV caches of conversations, kept from one message to the next.

use std::collections::BTreeMap;

use persona_model::KvCache;

/// A KV cache and the ids whose keys and values it holds.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) cache: KvCache,
    pub(super) ids: Vec<u32>,
}

impl Kept {
    /// Forgets everything after the longest common beginning with `prompt`, and at least the last token of the prompt:
    /// its logits are what generation starts from.
    pub(super) fn keep_common(&mut self, prompt: &[u32]) -> usize {
        let common = common_prefix(&self.ids, prompt).min(prompt.len().saturating_sub(1));
        self.cache.truncate(common);
        self.ids.truncate(common);
        common
    }
}

fn common_prefix(first: &[u32], second: &[u32]) -> usize {
    first.iter().zip(second).take_while(|(a, b)| a == b).count()
}

/// Caches by conversation, within limits.
#[derive(Debug)]
pub(super) struct Caches {
    kept: BTreeMap<String, (u64, Kept)>,
    clock: u64,
    max_conversations: usize,
    max_bytes: usize,
}

impl Caches {
    pub(super) fn new(max_conversations: usize, max_bytes: usize) -> Self {
        Self {
            kept: BTreeMap::new(),
            clock: 0,
            max_conversations,
            max_bytes,
        }
    }

    /// Takes a conversation's cache out. It is gone unless it is put back, so that a failed request leaves none behind.
    pub(super) fn take(&mut self, conversation: &str) -> Option<Kept> {
        self.kept.remove(conversation).map(|(_, kept)| kept)
    }

    /// Puts a cache back as the one that was used last, and drops the oldest ones that are too many or too large.
    pub(super) fn put(&mut self, conversation: &str, kept: Kept) {
        self.clock += 1;
        self.kept
            .insert(conversation.to_owned(), (self.clock, kept));
        while self.kept.len() > self.max_conversations || self.bytes() > self.max_bytes {
            let oldest = self.kept.iter().min_by_key(|(_, (used, _))| *used);
            match oldest.map(|(key, _)| key.clone()) {
                Some(key) => self.kept.remove(&key),
                None => return,
            };
        }
    }

    fn bytes(&self) -> usize {
        let caches = self.kept.values();
        caches.map(|(_, kept)| kept.cache.size_in_bytes()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_beginning_never_covers_the_whole_prompt() {
        let cases: [(&[u32], &[u32], usize); 4] = [
            (&[1, 2, 3], &[1, 2, 4, 5], 2),
            (&[1, 2, 3], &[1, 2, 3], 2),
            (&[1, 2, 3], &[1, 2, 3, 4], 3),
            (&[], &[7], 0),
        ];
        for (kept, prompt, expected) in cases {
            let common = common_prefix(kept, prompt).min(prompt.len() - 1);
            assert_eq!(common, expected, "{kept:?} {prompt:?}");
        }
    }
}
