//! KV caches of conversations, kept from one message to the next.

use std::collections::BTreeMap;

use persona_model::KvCache;

/// A KV cache and the ids whose keys and values it holds.
#[derive(Debug)]
pub(crate) struct KeptCache {
    pub(crate) cache: KvCache,
    pub(crate) ids: Vec<u32>,
}

impl KeptCache {
    /// Drops everything behind the longest common prefix with `prompt`, and at least the prompt's last token, whose logits
    /// generation starts from. Returns the number of ids that are left.
    pub(crate) fn keep_common(&mut self, prompt: &[u32]) -> usize {
        let common = common_prefix(&self.ids, prompt).min(prompt.len().saturating_sub(1));
        self.cache.truncate(common);
        self.ids.truncate(common);
        common
    }
}

fn common_prefix(first: &[u32], second: &[u32]) -> usize {
    first.iter().zip(second).take_while(|(a, b)| a == b).count()
}

/// Limits of the KV caches that an engine keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheLimits {
    /// Conversations whose KV cache is kept; the one that was used longest ago is dropped first.
    pub max_conversations: usize,
    /// Bytes that all kept KV caches may take together.
    pub max_bytes: usize,
}

impl Default for CacheLimits {
    /// At most 16 conversations and 1 GiB.
    fn default() -> Self {
        Self {
            max_conversations: 16,
            max_bytes: 1 << 30,
        }
    }
}

/// KV caches by conversation, within limits.
#[derive(Debug)]
pub(crate) struct Caches {
    kept: BTreeMap<String, (u64, KeptCache)>,
    clock: u64,
    limits: CacheLimits,
}

impl Caches {
    pub(crate) fn new(limits: CacheLimits) -> Self {
        Self {
            kept: BTreeMap::new(),
            clock: 0,
            limits,
        }
    }

    /// Takes a conversation's cache out. A failed request does not put it back, and so leaves none behind.
    pub(crate) fn take(&mut self, conversation: &str) -> Option<KeptCache> {
        self.kept.remove(conversation).map(|(_, kept)| kept)
    }

    /// Puts a cache back as the one used last, and drops those used longest ago until the limits hold.
    pub(crate) fn put(&mut self, conversation: &str, kept: KeptCache) {
        self.clock += 1;
        self.kept
            .insert(conversation.to_owned(), (self.clock, kept));
        while self.kept.len() > self.limits.max_conversations
            || self.bytes() > self.limits.max_bytes
        {
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
    use persona_model::generate::prefill;

    use super::*;
    use crate::fixture;

    #[test]
    fn the_common_beginning_never_covers_the_whole_prompt() {
        let model = fixture::model().load().unwrap().model;
        let cases: [(&[u32], &[u32], usize); 5] = [
            (&[1, 2, 3], &[1, 2, 4, 5], 2),
            (&[1, 2, 3], &[1, 2, 3], 2),
            (&[1, 2, 3], &[1, 2, 3, 4], 3),
            (&[1, 2, 3], &[1], 0),
            (&[], &[7], 0),
        ];
        for (ids, prompt, expected) in cases {
            let mut cache = KvCache::new(model.config());
            if !ids.is_empty() {
                prefill(&model, &mut cache, ids).unwrap();
            }
            let mut kept = KeptCache {
                cache,
                ids: ids.to_vec(),
            };
            assert_eq!(kept.keep_common(prompt), expected, "{ids:?} {prompt:?}");
            assert_eq!(kept.ids, &prompt[..expected], "{ids:?} {prompt:?}");
            assert_eq!(kept.cache.len(), expected, "{ids:?} {prompt:?}");
        }
    }
}
