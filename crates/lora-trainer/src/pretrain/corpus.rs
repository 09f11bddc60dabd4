//! Text for a base model: conversations and plain files, as token ids, cut into documents.

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

use persona_core::{
    ChatMessage, Conversation, ConversationForm, FileError, Role, Split, jsonl, layout,
    random::derive_seed,
};
use persona_model::{Tokenizer, chatml};
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::{batch::Example, error::Error};

/// Token ids of a turn in both of its forms, as context and as reply.
struct TurnIds {
    context: Vec<u32>,
    reply: Vec<u32>,
}

/// A corpus as text, before there is a tokenizer.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Conversations of all splits.
    pub(super) conversations: Vec<Conversation>,
    /// Contents of plain text files.
    pub(super) plain: Vec<String>,
}

impl Texts {
    /// Reads dataset folders, `.jsonl` files of conversations and `.txt` files.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut texts = Self::default();
        for path in paths {
            if path.is_dir() {
                let file = path.join(layout::dataset::CONVERSATIONS);
                texts
                    .conversations
                    .extend(jsonl::read::<Conversation>(&file)?);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "jsonl")
            {
                texts
                    .conversations
                    .extend(jsonl::read::<Conversation>(path)?);
            } else {
                texts
                    .plain
                    .push(fs::read_to_string(path).map_err(FileError::read(path))?);
            }
        }
        Ok(texts)
    }

    fn of_split(&self, split: Split) -> impl Iterator<Item = &Conversation> {
        self.conversations
            .iter()
            .filter(move |conversation| conversation.split == split)
    }

    /// Texts to train the tokenizer on: the training split in the forms that the model will see.
    pub(super) fn for_tokenizer<'a>(
        &'a self,
        form: &'a ConversationForm,
    ) -> impl Iterator<Item = String> + Send + 'a {
        let turns = self.of_split(Split::Train).flat_map(move |conversation| {
            conversation
                .turns
                .iter()
                .enumerate()
                .flat_map(move |(position, turn)| {
                    let message = form.context_message(&turn.author, &turn.text);
                    let mut texts = vec![format!("{}\n", message.role.name()), message.content];
                    if position % 6 == 5 {
                        texts.push(format!("{}\n", Role::Assistant.name()));
                        texts.push(format!("{}\n", Role::System.name()));
                        texts.push(form.system_prompt.clone());
                        texts.push(turn.text.clone());
                    }
                    texts
                })
        });
        turns.chain(self.plain.iter().cloned())
    }
}

/// A corpus as token ids.
pub(super) struct Corpus {
    system: Vec<u32>,
    end_of_text: u32,
    conversations: Vec<Vec<TurnIds>>,
    plain: Vec<Vec<u32>>,
}

/// A part of a corpus that becomes one example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Document {
    /// Turns of a conversation: its index, and the range of turns.
    Chat(usize, Range<usize>),
    /// Tokens of a plain file: its index, and the range of tokens.
    Plain(usize, Range<usize>),
}

/// All of a corpus, cut into documents and shuffled.
#[derive(Debug)]
pub(super) struct Epoch {
    documents: Vec<Document>,
    /// Number of tokens before each document, and at the end the number of all tokens.
    starts: Vec<usize>,
}

impl Epoch {
    /// Documents in the order of training.
    pub(super) fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Number of tokens in all documents.
    pub(super) fn tokens(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// Documents of step `index` of `steps`: an even share of the tokens.
    pub(super) fn share(&self, index: usize, steps: usize) -> &[Document] {
        let starts = &self.starts[..self.documents.len()];
        let first_from = |border| starts.partition_point(|&start| start < border);
        let border = |index: usize| self.tokens() * index / steps;
        &self.documents[first_from(border(index))..first_from(border(index + 1))]
    }
}

/// Limits for cutting documents.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cutting {
    /// Largest number of tokens in a document.
    pub(super) sequence: usize,
    /// Largest number of turns in a document.
    pub(super) max_turns: usize,
}

impl Corpus {
    /// Encodes the conversations of `split`, and the plain texts if it is the training split.
    pub(super) fn encode(
        texts: &Texts,
        split: Split,
        form: &ConversationForm,
        tokenizer: &Tokenizer,
    ) -> Self {
        let conversations: Vec<&Conversation> = texts.of_split(split).collect();
        let turn = |author: &str, text: &str| TurnIds {
            context: chatml::message_ids(tokenizer, &form.context_message(author, text)),
            reply: chatml::message_ids(tokenizer, &ChatMessage::reply(text)),
        };
        let plain: &[String] = if split == Split::Train {
            &texts.plain
        } else {
            &[]
        };
        Self {
            system: chatml::message_ids(tokenizer, &form.system_message()),
            end_of_text: tokenizer.specials().end_of_text,
            conversations: conversations
                .par_iter()
                .map(|conversation| {
                    let turns = conversation.turns.iter().filter(|turn| !turn.quoted);
                    turns
                        .map(|found| turn(&found.author, &found.text))
                        .collect()
                })
                .collect(),
            plain: plain.iter().map(|text| tokenizer.encode(text)).collect(),
        }
    }

    /// Cuts all of the corpus into shuffled documents. The seed decides cuts and order.
    pub(super) fn epoch(&self, cutting: Cutting, seed: u64) -> Epoch {
        let documents = self.documents(cutting, seed);
        let lengths = documents
            .iter()
            .map(|document| self.len(document, cutting.sequence));
        let starts = std::iter::once(0).chain(lengths.scan(0, |end, length| {
            *end += length;
            Some(*end)
        }));
        Epoch {
            starts: starts.collect(),
            documents,
        }
    }

    fn documents(&self, cutting: Cutting, seed: u64) -> Vec<Document> {
        let mut random = ChaCha8Rng::seed_from_u64(derive_seed(seed, "documents"));
        let mut documents = Vec::new();
        for (index, turns) in self.conversations.iter().enumerate() {
            let mut start = 0;
            while start < turns.len() {
                let wanted = random.random_range(2..=cutting.max_turns.max(2));
                let end = self.fitting_end(turns, start, wanted, cutting.sequence);
                documents.push(Document::Chat(index, start..end));
                start = end;
            }
        }
        for (index, ids) in self.plain.iter().enumerate() {
            let phase = random.random_range(0..cutting.sequence);
            let mut start = 0;
            while start < ids.len() {
                let length = if start == 0 && phase > 0 {
                    phase
                } else {
                    cutting.sequence - 1
                };
                let end = (start + length).min(ids.len());
                documents.push(Document::Plain(index, start..end));
                start = end;
            }
        }
        documents.shuffle(&mut random);
        documents
    }

    fn fitting_end(
        &self,
        turns: &[TurnIds],
        start: usize,
        wanted: usize,
        sequence: usize,
    ) -> usize {
        let mut used = self.system.len() + 1;
        let fits = turns[start..].iter().take(wanted).take_while(|turn| {
            used += turn.context.len().max(turn.reply.len());
            used <= sequence
        });
        start + fits.count().max(1)
    }

    /// Number of tokens of a document, at most `sequence`.
    fn len(&self, document: &Document, sequence: usize) -> usize {
        let whole = match document {
            Document::Chat(index, range) => {
                let (last, context) = self.chat(*index, range);
                let context: usize = context.iter().map(|turn| turn.context.len()).sum();
                self.system.len() + context + last.reply.len() + 1
            }
            Document::Plain(_, range) => range.len() + 1,
        };
        whole.min(sequence)
    }

    /// Tokens of the document, ended by `<|endoftext|>`. All but the system prompt are targets.
    pub(super) fn example(&self, document: &Document, sequence: usize) -> Example {
        let (mut ids, given) = match document {
            Document::Chat(index, range) => {
                let (last, context) = self.chat(*index, range);
                let mut ids = self.system.clone();
                for turn in context {
                    ids.extend_from_slice(&turn.context);
                }
                ids.extend_from_slice(&last.reply);
                (ids, self.system.len())
            }
            Document::Plain(index, range) => (self.plain[*index][range.clone()].to_vec(), 0),
        };
        ids.push(self.end_of_text);
        ids.truncate(sequence);
        let mask = (0..ids.len()).map(|position| position >= given).collect();
        Example { ids, mask }
    }

    /// Last turn and context turns of a chat document: the last one is the reply.
    fn chat(&self, index: usize, range: &Range<usize>) -> (&TurnIds, &[TurnIds]) {
        self.conversations[index][range.clone()]
            .split_last()
            .expect("a chat document holds at least one turn")
    }
}

/// Error for a corpus without text.
pub(super) fn nothing(paths: &[PathBuf]) -> Error {
    Error::NothingToLearn {
        path: paths
            .first()
            .map_or_else(PathBuf::new, |path: &PathBuf| Path::to_owned(path)),
        what: "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_an_epoch_are_even_and_leave_nothing_out() {
        let lengths = [5, 1, 9, 2, 2, 7, 4];
        let documents: Vec<Document> = (0..lengths.len())
            .map(|index| Document::Plain(index, 0..lengths[index]))
            .collect();
        let mut starts = vec![0];
        starts.extend(lengths.iter().scan(0, |end, length| {
            *end += length;
            Some(*end)
        }));
        let epoch = Epoch {
            documents: documents.clone(),
            starts,
        };
        assert_eq!(epoch.tokens(), 30);
        // With borders at 10 and 20, a document belongs to the step in which it starts.
        assert_eq!(epoch.share(0, 3), &documents[..3]);
        assert_eq!(epoch.share(1, 3), &documents[3..6]);
        assert_eq!(epoch.share(2, 3), &documents[6..]);
        for steps in 1..=documents.len() {
            let shares = (0..steps).flat_map(|index| epoch.share(index, steps));
            assert_eq!(shares.cloned().collect::<Vec<_>>(), documents);
        }
    }
}
